-- Answers of all kinds: JSON that is odd, pages and objects that are not what was asked for.
--! settings {"connectors": 2500}
ALTER SERVER answers OPTIONS (ADD max_retries '0');

-- plain
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"x"},{"id":"b","name":"y"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- blanks
--! answer ^/v1/groups\? %20{%0D%0A%09"code" : "Success" , "data" : { "items" : [ { "id" : "a" } ] } } %0A
SELECT id FROM groups;

-- members in another order
--! answer ^/v1/groups\? {"data":{"next_cursor":null,"items":[{"name":"x","id":"a"}]},"code":"Success"}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- missing member
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- null member
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":null}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- no members
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{},{}]}}
SELECT count(*), count(id), count(name) FROM groups;

-- all null
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":null,"created_at":null}]}}
SELECT id, name, created_at FROM groups;

-- empty list
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[]}}
SELECT id FROM groups;

-- duplicate member: the last one counts
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"x","name":"y"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- duplicate member in attrs
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"x","name":"y"}]}}
SELECT name = attrs->>'name' FROM groups;

-- escapes
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"\u00e9\n\t\"\\\/\ud83d\ude80\u0041"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- escaped member names
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"\u0069d":"a","n\u0061me":"x"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- member names that only begin alike
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id2":"z","i":"y","id":"a","name_":"q"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- same names deeper
--! answer ^/v1/groups\? {"data":{"items":[{"x":{"id":"z","name":"z"},"y":[{"id":"q"}],"id":"a","name":"x"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- unknown members
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","new":{"deep":[1,2,{"x":null}]},"name":"x"}]}}
SELECT attrs->'new'->'deep'->2 FROM groups;

-- U+0000 where it is not used
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"x\u0000y"}]}}
SELECT id FROM groups;

-- U+0000 where it is used
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"x\u0000y"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- U+0000 in attrs
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"x\u0000y"}]}}
SELECT attrs FROM groups;

-- an escaped backslash before u0000
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"\\u0000"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- lone high surrogate, not used
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"\ud83d"}]}}
SELECT id FROM groups;

-- lone high surrogate
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"\ud83d"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- lone low surrogate
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"\ude80"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- surrogate, then text
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"\ud83dx"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- lone surrogate in attrs
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"\ud83d"}]}}
SELECT attrs FROM groups;

-- invalid UTF-8
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"%FF"}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- invalid UTF-8, not used
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"%C3"}]}}
SELECT id FROM groups;

-- overlong UTF-8
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"%C0%80"}]}}
SELECT id FROM groups;

-- surrogate in UTF-8
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"%ED%A0%80"}]}}
SELECT id FROM groups;

-- NUL byte
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"%00"}]}}
SELECT id FROM groups;

-- NUL byte after the end
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"}]}}%00
SELECT id FROM groups;

-- control character
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":"x%0Ay"}]}}
SELECT id FROM groups;

-- byte order mark
--! answer ^/v1/groups\? %EF%BB%BF{"code":"Success","data":{"items":[{"id":"a"}]}}
SELECT id FROM groups;

-- 1e400 in attrs
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","n":1e400}]}}
SELECT (attrs->'n')::numeric > 1e399 FROM groups;

-- 1e400 as text
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":1e400}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- number beyond numeric, not used
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","n":1e999999}]}}
SELECT id FROM groups;

-- number beyond numeric
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","n":1e999999}]}}
SELECT attrs FROM groups;

-- number as text
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":12.50}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- object as text
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":{"x": [1]}}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- boolean as text
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","name":false}]}}
SELECT id || ':' || coalesce(name, 'NULL') FROM groups;

-- text as timestamp
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","created_at":"soon"}]}}
SELECT created_at FROM groups;

-- empty text as timestamp
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","created_at":""}]}}
SELECT created_at FROM groups;

-- bad value, other column used
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","created_at":"soon"}]}}
SELECT id FROM groups;

-- row key that is odd
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a\u0000","created_at":"soon"}]}}
SELECT created_at FROM groups;

-- row key that is missing
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"created_at":"soon"}]}}
SELECT created_at FROM groups;

-- bare array
--! answer ^/v1/groups\? {"code":"Success","data":[{"id":"a"},{"id":"b"}]}
SELECT id FROM groups;

-- item without its key
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"},{}]}}
SELECT id FROM groups;

-- item whose key is null
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":null}]}}
SELECT count(*) FROM groups;

-- item whose key is an object
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":{}}]}}
SELECT id FROM groups;

-- no data
--! answer ^/v1/groups\? {"code":"Success","message":"x"}
SELECT id FROM groups;

-- data null
--! answer ^/v1/groups\? {"code":"Success","data":null}
SELECT id FROM groups;

-- data a text
--! answer ^/v1/groups\? {"code":"Success","data":"items"}
SELECT id FROM groups;

-- no items
--! answer ^/v1/groups\? {"code":"Success","data":{}}
SELECT id FROM groups;

-- items null
--! answer ^/v1/groups\? {"code":"Success","data":{"items":null}}
SELECT id FROM groups;

-- items an object
--! answer ^/v1/groups\? {"code":"Success","data":{"items":{"id":"a"}}}
SELECT id FROM groups;

-- items twice
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"}],"items":[{"id":"b"}]}}
SELECT id FROM groups;

-- item a number
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[1]}}
SELECT id FROM groups;

-- item null
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[null,{"id":"a"}]}}
SELECT id FROM groups;

-- item an array
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[[{"id":"a"}]]}}
SELECT id FROM groups;

-- item a number, count(*)
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[1]}}
SELECT count(*) FROM groups;

-- a list
--! answer ^/v1/groups\? [{"id":"a"}]
SELECT id FROM groups;

-- a number
--! answer ^/v1/groups\? 7
SELECT id FROM groups;

-- null
--! answer ^/v1/groups\? null
SELECT id FROM groups;

-- nothing
--! answer ^/v1/groups\?
SELECT id FROM groups;

-- blanks only
--! answer ^/v1/groups\? %20%20%20
SELECT id FROM groups;

-- cut short
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"},{"id":"b"}
SELECT id FROM groups;

-- cut short in a text
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a
SELECT id FROM groups;

-- cut short in an escape
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"\u00
SELECT id FROM groups;

-- something after the end
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"}]}}x
SELECT id FROM groups;

-- two answers
--! answer ^/v1/groups\? {"data":{"items":[{"id":"a"}]}}{"code":"Success","data":{"items":[{"id":"a"}]}}
SELECT id FROM groups;

-- trailing comma
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"},]}}
SELECT id FROM groups;

-- single quotes
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{'id':'a'}]}}
SELECT id FROM groups;

-- NaN
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","n":NaN}]}}
SELECT id FROM groups;

-- leading zero
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a","n":01}]}}
SELECT id FROM groups;

-- HTML
--! answer ^/v1/groups\? <!DOCTYPE html><html><body>Sign in</body></html>
SELECT id FROM groups;

-- next_cursor null
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"}],"next_cursor":null}}
SELECT id FROM groups;

-- next_cursor empty
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"}],"next_cursor":""}}
SELECT id FROM groups;

-- next_cursor a number
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"}],"next_cursor":5}}
SELECT id FROM groups;

-- next_cursor an object
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"}],"next_cursor":{}}}
SELECT id FROM groups;

-- one row twice on one page
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"},{"id":"a"}]}}
SELECT count(*) FROM groups;

-- and then all is well again
SELECT count(*) FROM groups;

-- gzip
--! fault {"body": {"data": {"items": [{"id": "a"}]}}, "gzip": true, "path": "^/v1/groups\\?"}
SELECT id FROM groups;

-- byte by byte
--! fault {"body": {"data": {"items": [{"id": "a"}]}}, "chunk": 1, "path": "^/v1/groups\\?"}
SELECT id FROM groups;

-- chunked
--! fault {"body": {"data": {"items": [{"id": "a"}]}}, "chunk": 3, "path": "^/v1/groups\\?", "transfer": "chunked"}
SELECT id FROM groups;

-- another content type
--! fault {"body": {"data": {"items": [{"id": "a"}]}}, "content_type": "text/html", "path": "^/v1/groups\\?"}
SELECT id FROM groups;

-- gzip that is none
--! codes only
--! fault {"body": {"data": {"items": [{"id": "a"}]}}, "headers": {"content-encoding": "gzip"}, "path": "^/v1/groups"}
SELECT id FROM groups;

-- cut short
--! codes only
--! fault {"body": {"data": {"items": [{"id": "a"}]}}, "close_after": 20, "path": "^/v1/groups\\?"}
SELECT id FROM groups;

-- gzip, three pages
--! fault {"gzip": true, "path": "^/v1/connections", "times": 3}
SELECT count(*) FROM connectors;

-- rows repeated at the border are dropped
--! each n: 4 | 1
--! no requests
--! fault {"duplicate_tail": 5, "path": "^/v1/connections\\?", "times": 3}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- a repeated cursor
--! each n: 4 | 1
--! no requests
--! hide (?<=cursor=)\w+|(?<=after )\d+(?= items)
--! fault {"path": "^/v1/connections\\?.*cursor=", "repeat_cursor": true}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- an empty page with a cursor
--! each n: 4 | 1
--! no requests
--! hide (?<=cursor=)\w+|(?<=after )\d+(?= items)
--! fault {"empty_page_with_cursor": true, "path": "^/v1/connections\\?.*cursor="}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- an empty first page with a cursor
--! each n: 4 | 1
--! no requests
--! fault {"empty_page_with_cursor": true, "path": "^/v1/connections\\?"}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- an empty cursor at the end
--! each n: 4 | 1
--! no requests
--! fault {"next_cursor": "", "path": "^/v1/connections\\?", "times": 3}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- a null cursor at the end
--! each n: 4 | 1
--! no requests
--! fault {"next_cursor": null, "path": "^/v1/connections\\?", "times": 3}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- an error on page 2
--! each n: 4 | 1
--! no requests
--! hide (?<=cursor=)\w+|(?<=after )\d+(?= items)
--! fault {"path": "^/v1/connections\\?.*cursor=", "status": 501}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- route missing on page 2
--! each n: 4 | 1
--! no requests
--! hide (?<=cursor=)\w+|(?<=after )\d+(?= items)
--! fault {"path": "^/v1/connections\\?.*cursor=", "status": 404}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- object missing on page 2 is no end
--! each n: 4 | 1
--! no requests
--! hide (?<=cursor=)\w+|(?<=after )\d+(?= items)
--! fault {"body": {"code": "NotFound_Connector"}, "path": "^/v1/connections\\?.*cursor=", "status": 404}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- nonsense on page 2
--! each n: 4 | 1
--! no requests
--! hide (?<=cursor=)\w+|(?<=after )\d+(?= items)
--! answer ^/v1/connections\?.*cursor= {"code":"Success","data":{"items":[{"id":"a"]}}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- a filter that names nothing
--! each n: 4 | 1
--! no requests
--! hide (?<=cursor=)\w+|(?<=after )\d+(?= items)
--! fault {"body": {"code": "NotFound_Group", "message": "x"}, "path": "^/v1/connections\\?", "status": 404}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*) FROM connectors WHERE group_id = 'gone';

-- empty pages with one cursor
--! each n: 4 | 1
--! no requests
--! hide (?<=cursor=)\w+|(?<=after )\d+(?= items)
--! fault {"body": {"data": {"items": [], "next_cursor": "again"}}, "path": "connections.*sor=", "skip": 1, "times": 0}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- LIMIT
--! each n: 4 | 1
--! no requests
--! fault {"duplicate_tail": 5, "path": "^/v1/connections\\?"}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT id FROM connectors LIMIT 3;

-- pages shorter than asked for
--! each n: 4 | 1
--! no requests
--! hide (?<=cursor=)\w+|(?<=after )\d+(?= items)
--! settings {"page_cap": 100}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- with LIMIT too
--! each n: 4 | 1
--! no requests
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*) FROM (SELECT id FROM connectors LIMIT 250) x;

-- opaque cursors
--! each n: 4 | 1
--! no requests
--! hide (?<=cursor=)\w+|(?<=after )\d+(?= items)
--! settings {"cursor_style": "opaque", "page_cap": null}
ALTER SERVER answers OPTIONS (SET max_concurrency :'n');
SELECT count(*), count(DISTINCT id) FROM connectors;

-- a cursor of a list that is not paged
--! settings {"cursor_style": "skip"}
--! answer warnings {"code":"Success","data":{"items":[{"warnings":[]},{"warnings":[]}],"next_cursor":"x"}}
--! answer warnings {"code":"Success","data":{"items":[{"warnings":[]},{"warnings":[]}],"next_cursor":"x"}}
SELECT count(*) FROM connector_warnings WHERE connector_id = 'assimilate_seem';

-- rows without a key are all different
--! answer warnings {"code":"Success","data":{"items":[{"warnings":[]},{"warnings":[]}],"next_cursor":""}}
SELECT count(*) FROM connector_warnings WHERE connector_id = 'assimilate_seem';

-- each border
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"},{"id":"b"}],"next_cursor":"1"}}
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"b"},{"id":"c"}],"next_cursor":"2"}}
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"c"},{"id":"d"}]}}
SELECT string_agg(id, '') FROM groups;

-- a cursor is encoded
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"a"}],"next_cursor":"a&b=c d%25/+\u00e9"}}
--! answer ^/v1/groups\? {"code":"Success","data":{"items":[{"id":"b"}]}}
SELECT count(*) FROM groups;

-- one object
--! answer ^/v1/groups/ {"code":"Success","data":{"id":"decent_dropsy","name":"x"}}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- another id
--! answer ^/v1/groups/ {"code":"Success","data":{"id":"another","name":"x"}}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- the id in another case
--! answer ^/v1/groups/ {"code":"Success","data":{"id":"DECENT_DROPSY","name":"x"}}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- no id
--! answer ^/v1/groups/ {"code":"Success","data":{"name":"x"}}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- id null
--! answer ^/v1/groups/ {"code":"Success","data":{"id":null}}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- an array
--! answer ^/v1/groups/ {"code":"Success","data":[{"id":"decent_dropsy"}]}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- null
--! answer ^/v1/groups/ {"code":"Success","data":null}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- gone
--! fault {"body": {"code": "NotFound_Group", "message": "x"}, "path": "^/v1/groups/", "status": 404}
SELECT count(*) FROM groups WHERE id = $$decent_dropsy$$;

-- gone, by the bare code
--! fault {"body": {"code": "NotFound", "message": "x"}, "path": "^/v1/groups/", "status": 404}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- route missing
--! fault {"body": {"code": "NotFound", "message": "HTTP 404 Not Found"}, "path": "^/v1/groups/", "status": 404}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- a 404 of something else
--! fault {"body_text": "<html>", "path": "^/v1/groups/", "status": 404}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- forbidden
--! fault {"path": "^/v1/groups/", "status": 403}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- an object without an envelope
--! answer ^/v1/groups/ {"id":"decent_dropsy","name":"bare"}
SELECT id, name FROM groups WHERE id = 'decent_dropsy';

-- an object that the definition declares so
--! answer proxy/x {"id":"x","display_name":"bare"}
SELECT id, display_name FROM proxy_agents WHERE id = $$x$$;

-- one that was deleted meanwhile gives no row
--! fault {"body": {"code": "NotFound_Destination"}, "path": "^/v1/destinations/vivid_ember", "status": 404}
SELECT count(*), count(config) FROM destinations;

-- one that fails
--! fault {"path": "^/v1/destinations/vivid_ember", "status": 500}
SELECT count(*), count(config) FROM destinations;

-- one with another id
--! answer ^/v1/destinations/vivid_ember {"code":"Success","data":{"id":"brisk_falcon"}}
SELECT count(*), count(config) FROM destinations;

-- an item without a usable key
--! answer ^/v1/destinations\? {"code":"Success","data":{"items":[{"id":""},{"id":"x"}]}}
SELECT count(*), count(config) FROM destinations;

-- an item without a key
--! answer ^/v1/destinations\? {"code":"Success","data":{"items":[{"service":"x"}]}}
SELECT count(*), count(config) FROM destinations;

-- conditions of both kinds
SELECT id FROM destinations WHERE config->>'port' = '443' AND service = 'redshift' ORDER BY id;

-- a detail without the column
--! answer ^/v1/destinations/vivid_ember {"code":"Success","data":{"id":"vivid_ember"}}
SELECT count(*) FROM destinations WHERE config->>'user' IS NULL;

-- a singleton that is a list
--! answer ^/v1/account {"code":"Success","data":[]}
SELECT account_id FROM account;

-- a singleton
--! answer ^/v1/account {"code":"Success","data":{"account_id":"x","account_name":null}}
SELECT account_id, account_name FROM account;

-- nulls, also above a path
--! patch connections assimilate_seem {"config": null, "status": null, "sync_frequency": null}
SELECT id, sync_frequency, sync_state, tasks, config FROM connectors WHERE id = 'assimilate_seem';

-- a path through a text is absent
--! patch connections assimilate_seem {"status": "fine"}
SELECT id, sync_state FROM connectors WHERE id = 'assimilate_seem';

-- a path through an array is absent
--! patch connections assimilate_seem {"status": [{"sync_state": "x"}]}
SELECT id, sync_state FROM connectors WHERE id = 'assimilate_seem';

-- members that are missing
--! unset connections broken_anchor status.sync_state status.tasks paused created_at
SELECT sync_state, setup_state, tasks, paused, created_at FROM connectors WHERE id = 'broken_anchor';

-- a text where the definition has an integer
--! patch connections paused_canyon {"paused": "true", "sync_frequency": "60"}
SELECT sync_frequency FROM connectors WHERE id = 'paused_canyon';

-- a text where the definition has a boolean
SELECT paused FROM connectors WHERE id = 'paused_canyon';

-- a value that does not fit
--! patch connections paused_canyon {"sync_frequency": "often"}
SELECT sync_frequency FROM connectors;

-- does not matter where it is not used
SELECT count(*), count(id) FROM connectors;

-- it can be caught
DO $$ BEGIN PERFORM sum(sync_frequency) FROM connectors; EXCEPTION
  WHEN invalid_text_representation THEN RAISE NOTICE 'caught'; END $$;
SELECT 1;
