-- What a reload would activate besides: lines of the configuration files whose value is not in force. Texts are
-- compared, so that a value written in another unit may be named without need; of settings that our own session or role
-- has otherwise it is not known (unknown). At most 6 are named.
-- Needs: SELECT on pg_file_settings and EXECUTE on its function. Serves 11 and later.
WITH files AS (SELECT lower(f.name) AS name, f.setting, f.applied, f.error, f.sourcefile, f.seqno FROM pg_file_settings AS f),
     pending AS (
       SELECT f.name, f.setting AS next, s.setting AS now
       FROM files AS f JOIN pg_settings AS s ON lower(s.name) = f.name
       WHERE f.applied AND s.context NOT IN ('postmaster', 'internal') AND s.source IN ('default', 'configuration file')
         AND lower(f.setting) NOT IN (lower(s.setting), lower(current_setting(s.name)))
         AND NOT (s.vartype = 'bool' AND (s.setting = 'on') = (lower(f.setting) IN ('1', 'true', 'yes', 't', 'y')))
       UNION ALL
       SELECT s.name, 'its default', s.setting
       FROM pg_settings AS s
       WHERE s.source = 'configuration file' AND s.context NOT IN ('postmaster', 'internal')
         AND NOT EXISTS (SELECT FROM files AS f WHERE f.name = lower(s.name)))
SELECT (SELECT count(*) FROM pending) AS pending,
       (SELECT string_agg(format('%s to %s, now %s', p.name, p.next, p.now), '; ' ORDER BY p.name)
        FROM (SELECT * FROM pending ORDER BY name LIMIT 6) AS p) AS list,
       (SELECT string_agg(DISTINCT f.name, ', ') FROM files AS f JOIN pg_settings AS s ON lower(s.name) = f.name
        WHERE f.applied AND s.context NOT IN ('postmaster', 'internal') AND s.source NOT IN ('default', 'configuration file')) AS unknown,
       (SELECT f.error FROM files AS f WHERE f.name IS NULL AND f.error IS NOT NULL LIMIT 1) AS fault,
       (SELECT f.setting FROM files AS f WHERE f.name = 'log_min_duration_statement' AND f.sourcefile LIKE '%postgresql.auto.conf'
        ORDER BY f.seqno DESC LIMIT 1) AS auto_value
