/*-------------------------------------------------------------------------
 *
 * actions.c
 *		The list of actions.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/actions.h"

#include <string.h>

static const FtxAction *const families[] = {
	ftx_access_actions,
	ftx_connector_actions,
	ftx_platform_actions,
};

const FtxAction *
ftx_action_find(const char *function)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
	{
		for (const FtxAction *action = families[i]; action->function != NULL;
			 action++)
		{
			if (strcmp(action->function, function) == 0)
				return action;
		}
	}
	return NULL;
}
