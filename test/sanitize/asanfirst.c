/*
 * Preloaded beside libasan when a stock server runs under AddressSanitizer.
 *
 * Some library that PostgreSQL links calls newlocale() in its constructor;
 * that allocates while holding glibc's locale lock, which makes ASan start up
 * at that moment and wait for the same lock for ever.  Linked with
 * -z initfirst, this starts ASan before any other constructor runs.
 */
extern void __asan_init(void);

__attribute__((constructor)) static void
start_asan_first(void)
{
	__asan_init();
}
