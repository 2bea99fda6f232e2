-- What an extension consists of, one line each, comparable between two
-- databases of one server: the extension's own row, every object that belongs
-- to it with all that its catalogues say, what each depends on, what is said
-- about it (COMMENT), who may use it, and what pg_dump takes for granted.
--
-- A row of a catalogue is compared whole: OIDs are given as names, members
-- that name the storage of a relation or the row's own OID are left out.

\set ext '(SELECT oid FROM pg_extension WHERE extname = ''fivetrex'')'

CREATE TEMP VIEW members AS
SELECT classid, objid FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = :ext;

-- rows that belong to a member: the columns of a view, its rule and type
CREATE TEMP VIEW parts AS
SELECT classid, objid FROM members
UNION
SELECT d.classid, d.objid FROM pg_depend d JOIN members m
ON (d.refclassid, d.refobjid) = (m.classid, m.objid)
WHERE d.deptype IN ('i', 'a');

-- names instead of OIDs, in any text
CREATE FUNCTION pg_temp.identity(class oid, object oid, sub integer DEFAULT 0) RETURNS text
LANGUAGE sql AS $$ SELECT type || ' ' || identity FROM pg_identify_object(class, object, sub) $$;

CREATE FUNCTION pg_temp.row_of(class oid, object oid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	EXECUTE format('SELECT to_jsonb(t) FROM %s t WHERE oid = %s', class::regclass, object) INTO result;
	RETURN (SELECT jsonb_object_agg(key, value) FROM jsonb_each(result)
		WHERE key NOT IN ('oid', 'relfilenode', 'relfrozenxid', 'relminmxid', 'reltype', 'typrelid',
			'typarray', 'typelem', 'ev_class', 'ev_action', 'reltuples', 'relpages', 'relallvisible',
			'relallfrozen', 'fdwhandler', 'fdwvalidator', 'proargtypes', 'proallargtypes', 'prorettype',
			'proargdefaults', 'prosqlbody', 'typdefaultbin', 'relpartbound', 'conrelid', 'adrelid', 'adbin',
			'conbin', 'tgrelid', 'tgfoid', 'reltoastrelid')
			AND key !~ 'acl$');
END $$;

SELECT 'extension ' || (to_jsonb(e) - 'oid' - 'extconfig')::text FROM pg_extension e WHERE extname = 'fivetrex'
UNION ALL
SELECT 'config ' || c::regclass || ' ' || coalesce(extcondition[n], '')
FROM pg_extension e, unnest(extconfig) WITH ORDINALITY u(c, n) WHERE extname = 'fivetrex'
UNION ALL
SELECT 'member ' || pg_temp.identity(classid, objid) FROM members
UNION ALL
SELECT 'row ' || pg_temp.identity(classid, objid) || ' ' || pg_temp.row_of(classid, objid) FROM parts
UNION ALL
SELECT 'function ' || pg_temp.identity(classid, objid) || ' ' || pg_get_functiondef(objid)
FROM parts JOIN pg_proc p ON p.oid = objid AND prokind IN ('f', 'p')
WHERE classid = 'pg_proc'::regclass
UNION ALL
SELECT 'view ' || pg_temp.identity(classid, objid) || ' ' || pg_get_viewdef(objid)
FROM parts JOIN pg_class c ON c.oid = objid AND relkind IN ('v', 'm')
WHERE classid = 'pg_class'::regclass
UNION ALL
SELECT 'column ' || pg_temp.identity(classid, objid) || '.' || attname || ' ' || attnum || ' '
	|| format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' || attcollation || ' '
	|| coalesce(attacl::text, '') || ' ' || coalesce(col_description(objid, attnum), '')
FROM parts JOIN pg_attribute a ON attrelid = objid AND attnum > 0 AND NOT attisdropped
WHERE classid = 'pg_class'::regclass
UNION ALL
SELECT 'depends ' || pg_temp.identity(d.classid, d.objid, d.objsubid) || ' on '
	|| pg_temp.identity(d.refclassid, d.refobjid, d.refobjsubid) || ' ' || d.deptype::text
FROM pg_depend d JOIN parts p ON (d.classid, d.objid) = (p.classid, p.objid)
UNION ALL
SELECT 'comment ' || pg_temp.identity(classoid, objoid) || ' ' || description
FROM pg_description JOIN parts ON (classoid, objoid) = (classid, objid) WHERE objsubid = 0
UNION ALL
SELECT 'rights ' || pg_temp.identity(classid, objid) || ' '
	|| coalesce((SELECT string_agg(r::text, ' ' ORDER BY r::text) FROM aclexplode(acl) a,
		LATERAL (SELECT grantor::regrole, grantee, privilege_type, is_grantable) r), 'default')
FROM parts LEFT JOIN LATERAL (
	SELECT coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
	WHERE classid = 'pg_proc'::regclass AND oid = objid
	UNION ALL SELECT coalesce(relacl, acldefault('r', relowner)) FROM pg_class
	WHERE classid = 'pg_class'::regclass AND oid = objid
	UNION ALL SELECT coalesce(typacl, acldefault('T', typowner)) FROM pg_type
	WHERE classid = 'pg_type'::regclass AND oid = objid
	UNION ALL SELECT coalesce(fdwacl, acldefault('F', fdwowner)) FROM pg_foreign_data_wrapper
	WHERE classid = 'pg_foreign_data_wrapper'::regclass AND oid = objid
	UNION ALL SELECT coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace
	WHERE classid = 'pg_namespace'::regclass AND oid = objid
) x(acl) ON true
UNION ALL
SELECT 'initial rights ' || pg_temp.identity(i.classoid, i.objoid, i.objsubid) || ' ' || privtype::text || ' '
	|| (SELECT string_agg(r::text, ' ' ORDER BY r::text) FROM aclexplode(initprivs) a,
		LATERAL (SELECT grantor::regrole, grantee, privilege_type, is_grantable) r)
FROM pg_init_privs i JOIN parts ON (classoid, objoid) = (classid, objid)
ORDER BY 1;
