/* Probes of the store. */
provider store {
	/* A key was read. */
	probe key__read(string key, uint64_t bytes);
};
