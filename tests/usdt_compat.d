/* The example of the documentation of `usdt`. */
provider my_provider {
	probe start_work(uint8_t);
	probe stop_work(char*, uint8_t);
	probe all_types(int8_t, uint16_t, int32_t, uint64_t, uint8_t*, char*);
};
