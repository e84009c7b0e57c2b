provider orders {
	/* A request was accepted. */
	probe request__start(uint64_t id, char *path);
	probe request__done(uint64_t id, time_of_day when);
};
