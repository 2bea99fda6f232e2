/*-------------------------------------------------------------------------
 *
 * tls.c
 *		What the TLS library has received and nobody has read.
 *
 * libcurl reads no more of a long body than was announced.  What follows in
 * the TLS record of its end, or in further ones, stays in the TLS library,
 * where the socket does not show it, and libcurl would take it for the next
 * answer.  So the library that libcurl works with is asked, by its own
 * function.  That is not linked against: which library it is, and which
 * version, libcurl alone knows.
 *
 * Of other libraries than these nothing is known, and nothing held back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "net/engine_state.h"
#include "net/request_state.h"

#include <dlfcn.h>

typedef int (*OpensslPending)(const void *session);
typedef size_t (*GnutlsPending)(const void *session);

/*
 * A function of a library that libcurl depends on; NULL: none has it.  Looked
 * up among those alone, as the backend may have another version loaded.
 */
static void *
libcurls_function(const char *name)
{
	void *function = NULL;
	void *libcurl;
	Dl_info info;

	if (dladdr((void *) curl_easy_perform, &info) == 0)
		return NULL;
	libcurl = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (libcurl == NULL)
		return NULL;
	function = dlsym(libcurl, name);
	/* still loaded, as we are linked against it */
	(void) dlclose(libcurl);
	return function;
}

bool
ftx_tls_has_unread(FtxRequest *request)
{
	static OpensslPending openssl_pending = NULL;
	static GnutlsPending gnutls_pending = NULL;
	struct curl_tlssessioninfo *session = NULL;

	if (curl_easy_getinfo(request->easy, CURLINFO_TLS_SSL_PTR, &session) !=
			CURLE_OK ||
		session == NULL || session->internals == NULL)
		return false;
	switch (session->backend)
	{
		case CURLSSLBACKEND_OPENSSL:
			/* with whole records, as newer libcurl lets it read ahead */
			if (openssl_pending == NULL)
				openssl_pending = (OpensslPending) libcurls_function(
					"SSL_has_pending");
			if (openssl_pending == NULL)
				openssl_pending = (OpensslPending) libcurls_function(
					"SSL_pending");
			return openssl_pending != NULL &&
				   openssl_pending(session->internals) > 0;
		case CURLSSLBACKEND_GNUTLS:
			if (gnutls_pending == NULL)
				gnutls_pending = (GnutlsPending) libcurls_function(
					"gnutls_record_check_pending");
			return gnutls_pending != NULL &&
				   gnutls_pending(session->internals) > 0;
		default:
			return false;
	}
}
