/* Probes of the order service. */
provider orders {
	/* A request was accepted. */
	probe request__start(uint64_t id, string path);
	/* A request was answered. */
	probe request__done(uint64_t id, uint16_t status);
};
