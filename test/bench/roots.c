/*-------------------------------------------------------------------------
 *
 * roots.c
 *		The system's authorities and one more, for the server of the benchmark.
 *
 * Preloaded into PostgreSQL: what libcurl says about its defaults is replaced
 * by a file and a directory that the benchmark has made.
 *
 *-------------------------------------------------------------------------
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdlib.h>

curl_version_info_data *
curl_version_info(CURLversion version)
{
	static curl_version_info_data data;
	curl_version_info_data *(*real)(CURLversion) = NULL;
	void *libcurl = dlopen("libcurl.so.4", RTLD_LAZY);

	if (libcurl != NULL)
		*(void **) &real = dlsym(libcurl, "curl_version_info");
	if (real == NULL)
		abort();
	data = *real(version);
	data.cainfo = getenv("BENCH_ROOT_FILE");
	data.capath = getenv("BENCH_ROOT_DIRECTORY");
	return &data;
}
