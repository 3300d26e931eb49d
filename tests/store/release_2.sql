PRAGMA application_id=1886547810;
PRAGMA user_version=2;
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'probe','m0001_the_record','2026-11-22 23:18:26.896699+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'probe','m0002_tickets_and_notices','2026-11-22 23:18:26.898495+00:00');
CREATE TABLE clock (
    id INTEGER PRIMARY KEY,
    vantage TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    offset_ms INTEGER NOT NULL,
    is_synced INTEGER NOT NULL CHECK (is_synced IN (0, 1)),
    shift_ms INTEGER NOT NULL DEFAULT 0,
    corrected_by INTEGER REFERENCES clock (id)
) STRICT;
INSERT INTO "clock" VALUES(0,'','',0,0,1,0,NULL);
INSERT INTO "clock" VALUES(1,'office','bc681446-5225-4094-b2c4-f213c979c2b1',1795389506906,1795355670087,0,0,NULL);
INSERT INTO "clock" VALUES(2,'office','bc681446-5225-4094-b2c4-f213c979c2b1',1795389533290,1795355670087,0,0,NULL);
CREATE TABLE config (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    fingerprint TEXT NOT NULL,
    document TEXT NOT NULL
) STRICT;
INSERT INTO "config" VALUES(1,'196cd4bab7cef0b37c9ee81f4d7a3e4c','["/srv/probe/probe.toml","office","196cd4bab7cef0b37c9ee81f4d7a3e4c",[],["/srv/probe/probe.toml: check \"web\": timeout 1s: one lost packet reads as a failure; use 3s500ms or more","/srv/probe/probe.toml: check \"port\": timeout 1s: one lost packet reads as a failure; use 3s500ms or more"],[["web","web","http","http://127.0.0.1:18999/","check","shop",2000,1000,3,3000],["port","port","tcp","127.0.0.1:1","check",null,2000,1000,3,3000]],[["shop",null,["web"],false,true]]]
{"version":"0.1.0","path":"/srv/probe/probe.toml","agent":["AgentSettings","office",512,200],"storage":["StorageSettings","/srv/probe/probe.db",null],"windows":[],"warnings":["/srv/probe/probe.toml: check \"web\": timeout 1s: one lost packet reads as a failure; use 3s500ms or more","/srv/probe/probe.toml: check \"port\": timeout 1s: one lost packet reads as a failure; use 3s500ms or more"],"agreements":[],"fingerprint":"196cd4bab7cef0b37c9ee81f4d7a3e4c","checks":[["http",0,"check","web","web","http://127.0.0.1:18999/","any",null,"shop",2000,1000,1000,3,3000,true,false,"c392506082c61ebf","{\"family\":\"any\",\"kind\":\"http\",\"name_is_service\":false,\"settings\":{},\"target\":\"http://127.0.0.1:18999/\",\"timeout_ms\":1000}",null],["tcp",1,"check","port","port","127.0.0.1:1","any",null,null,2000,1000,null,3,3000,true,false,"c842eaac244052b4","{\"family\":\"any\",\"kind\":\"tcp\",\"name_is_service\":false,\"settings\":{},\"target\":\"127.0.0.1:1\",\"timeout_ms\":1000}",null]],"services":[[0,["Service","shop",null,null,"999/1000",">=",null,"UTC",null,["web"],null,null,false,"normal",[],null]]],"terms":[[]],"settings":[["HttpSettings","GET",{},null,null,null,null,["2xx","3xx"],{},null,null,null,null,null,null,1048576,true,5,true,null,null,null,null,null],["TcpSettings",null,null,null]]}');
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    vantage TEXT NOT NULL,
    clock INTEGER NOT NULL REFERENCES clock (id),
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    lasted_ms INTEGER,
    facts TEXT NOT NULL,
    UNIQUE (vantage, at_ms, clock, kind, facts)
) STRICT;
INSERT INTO "event" VALUES(1,'office',1,1795389506909,'start',NULL,'{"checks": 2, "pid": 31816, "version": "0.1.0"}');
INSERT INTO "event" VALUES(2,'office',1,1795389532229,'stop',NULL,'{}');
INSERT INTO "event" VALUES(3,'office',2,1795389533295,'start',NULL,'{"checks": 2, "pid": 31950, "version": "0.1.0"}');
INSERT INTO "event" VALUES(4,'office',2,1795389538951,'stop',NULL,'{}');
CREATE TABLE former (
    series INTEGER NOT NULL REFERENCES series (id),
    until_ms INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (series, until_ms, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE hot (
    at_ms INTEGER NOT NULL,
    series INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    origin INTEGER NOT NULL CHECK (origin BETWEEN 0 AND 4),
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    reason TEXT,
    latency_us INTEGER,
    due_ms INTEGER,
    more TEXT,
    PRIMARY KEY (at_ms, series)
) STRICT, WITHOUT ROWID;
INSERT INTO "hot" VALUES(1795389506911,1,1,1,0,0,NULL,3934,1795389506911,'{"phases_us":{"connect":1284,"ttfb":2595,"body":55},"address":"127.0.0.1:18999","facts":{"status":200,"phrase":"OK","http":"1.0","url":"http://127.0.0.1:18999/","bytes":569}}');
INSERT INTO "hot" VALUES(1795389506917,2,1,2,0,1,'refused',NULL,1795389506917,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389508001,1,1,1,0,0,NULL,2010,1795389508000,'{"phases_us":{"connect":495,"ttfb":1377,"body":138},"address":"127.0.0.1:18999","facts":{"status":200,"phrase":"OK","http":"1.0","url":"http://127.0.0.1:18999/","bytes":569}}');
INSERT INTO "hot" VALUES(1795389508002,2,1,2,0,1,'refused',NULL,1795389508000,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389510101,1,1,1,0,0,NULL,2223,1795389510100,'{"phases_us":{"connect":467,"ttfb":1491,"body":265},"address":"127.0.0.1:18999","facts":{"status":200,"phrase":"OK","http":"1.0","url":"http://127.0.0.1:18999/","bytes":569}}');
INSERT INTO "hot" VALUES(1795389510101,2,1,2,0,1,'refused',NULL,1795389510100,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389512102,1,1,1,0,0,NULL,2207,1795389512100,'{"phases_us":{"connect":458,"ttfb":1494,"body":255},"address":"127.0.0.1:18999","facts":{"status":200,"phrase":"OK","http":"1.0","url":"http://127.0.0.1:18999/","bytes":569}}');
INSERT INTO "hot" VALUES(1795389512102,2,1,2,0,1,'refused',NULL,1795389512100,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389513900,1,1,1,0,0,NULL,1627,1795389513900,'{"phases_us":{"connect":356,"ttfb":1152,"body":119},"address":"127.0.0.1:18999","facts":{"status":200,"phrase":"OK","http":"1.0","url":"http://127.0.0.1:18999/","bytes":569}}');
INSERT INTO "hot" VALUES(1795389513901,2,1,2,0,1,'refused',NULL,1795389513900,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389516001,1,1,1,0,0,NULL,1709,1795389516000,'{"phases_us":{"connect":370,"ttfb":1215,"body":124},"address":"127.0.0.1:18999","facts":{"status":200,"phrase":"OK","http":"1.0","url":"http://127.0.0.1:18999/","bytes":569}}');
INSERT INTO "hot" VALUES(1795389516001,2,1,2,0,1,'refused',NULL,1795389516000,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389518100,1,1,1,0,0,NULL,1599,1795389518100,'{"phases_us":{"connect":357,"ttfb":1131,"body":111},"address":"127.0.0.1:18999","facts":{"status":200,"phrase":"OK","http":"1.0","url":"http://127.0.0.1:18999/","bytes":569}}');
INSERT INTO "hot" VALUES(1795389518101,2,1,2,0,1,'refused',NULL,1795389518100,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389519901,1,1,1,0,0,NULL,1278,1795389519900,'{"phases_us":{"connect":435,"ttfb":798,"body":45},"address":"127.0.0.1:18999","facts":{"status":200,"phrase":"OK","http":"1.0","url":"http://127.0.0.1:18999/","bytes":569}}');
INSERT INTO "hot" VALUES(1795389519901,2,1,2,0,1,'refused',NULL,1795389519900,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389522001,1,1,1,0,1,'refused',NULL,1795389522000,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389522002,2,1,2,0,1,'refused',NULL,1795389522000,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389523900,1,1,1,0,1,'refused',NULL,1795389523900,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389523901,2,1,2,0,1,'refused',NULL,1795389523900,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389526003,1,1,1,0,1,'refused',NULL,1795389526000,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389526003,2,1,2,0,1,'refused',NULL,1795389526000,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389527005,1,1,1,1,1,'refused',NULL,NULL,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389527901,1,1,1,0,1,'refused',NULL,1795389527900,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389527901,2,1,2,0,1,'refused',NULL,1795389527900,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389528902,1,1,1,1,1,'refused',NULL,NULL,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389529903,1,1,1,1,1,'refused',NULL,NULL,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389530102,1,1,1,0,1,'refused',NULL,1795389530100,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389530102,2,1,2,0,1,'refused',NULL,1795389530100,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389531103,1,1,1,1,1,'refused',NULL,NULL,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389532002,1,1,1,0,1,'refused',NULL,1795389532000,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389532002,2,1,2,0,1,'refused',NULL,1795389532000,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389533298,1,2,1,0,1,'refused',NULL,1795389533297,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389533303,2,2,2,0,1,'refused',NULL,1795389533303,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389533901,1,2,1,0,1,'refused',NULL,1795389533900,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389533902,2,2,2,0,1,'refused',NULL,1795389533900,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389536101,1,2,1,0,1,'refused',NULL,1795389536100,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389536102,2,2,2,0,1,'refused',NULL,1795389536100,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389537103,1,2,1,1,1,'refused',NULL,NULL,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389537900,1,2,1,0,1,'refused',NULL,1795389537900,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389537901,2,2,2,0,1,'refused',NULL,1795389537900,'{"address":"127.0.0.1:1","detail":"ECONNREFUSED: Connection refused"}');
INSERT INTO "hot" VALUES(1795389538901,1,2,1,1,1,'refused',NULL,NULL,'{"address":"127.0.0.1:18999","detail":"ECONNREFUSED: Connection refused"}');
CREATE TABLE latest (
    series INTEGER PRIMARY KEY,
    clock INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    state INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    reason TEXT,
    detail TEXT NOT NULL,
    latency_us INTEGER,
    due_ms INTEGER,
    since_ms INTEGER NOT NULL,
    run_clock INTEGER NOT NULL,
    run_at_ms INTEGER NOT NULL,
    run_g_max_ms INTEGER NOT NULL,
    run_confirm INTEGER NOT NULL,
    run_t0_ms INTEGER NOT NULL,
    run_first INTEGER NOT NULL,
    run_n INTEGER NOT NULL,
    run_spacing_ms INTEGER NOT NULL,
    run_bad INTEGER NOT NULL,
    run_first_bad_ms INTEGER NOT NULL,
    run_bad_confirm INTEGER NOT NULL
) STRICT;
INSERT INTO "latest" VALUES(1,2,1795389538901,1,1,1,'refused','ECONNREFUSED: Connection refused',NULL,NULL,1795389522001,1,1795389538901,3000,3,1795389519901,0,17,2200,16,1795389522001,3);
INSERT INTO "latest" VALUES(2,2,1795389537901,1,2,0,'refused','ECONNREFUSED: Connection refused',NULL,1795389537900,1795389506917,1,1795389537901,3000,3,1795389506917,1,18,2201,18,1795389506917,3);
CREATE TABLE revision (
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL REFERENCES series (id),
    digest TEXT NOT NULL,
    meaning TEXT NOT NULL,
    clock INTEGER NOT NULL REFERENCES clock (id),
    from_ms INTEGER NOT NULL
) STRICT;
INSERT INTO "revision" VALUES(1,1,'c392506082c61ebf','{"family":"any","kind":"http","name_is_service":false,"settings":{},"target":"http://127.0.0.1:18999/","timeout_ms":1000}',1,1795389506908);
INSERT INTO "revision" VALUES(2,2,'c842eaac244052b4','{"family":"any","kind":"tcp","name_is_service":false,"settings":{},"target":"127.0.0.1:1","timeout_ms":1000}',1,1795389506908);
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    vantage TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('check', 'reference', 'gateway')),
    service TEXT,
    network TEXT,
    is_configured INTEGER NOT NULL CHECK (is_configured IN (0, 1)),
    UNIQUE (vantage, key)
) STRICT;
INSERT INTO "series" VALUES(1,'office','web','web','http','http://127.0.0.1:18999/','check','shop',NULL,1);
INSERT INTO "series" VALUES(2,'office','port','port','tcp','127.0.0.1:1','check',NULL,NULL,1);
CREATE TABLE setting (
    series INTEGER NOT NULL REFERENCES series (id),
    clock INTEGER NOT NULL REFERENCES clock (id),
    from_ms INTEGER NOT NULL,
    interval_ms INTEGER NOT NULL CHECK (interval_ms > 0),
    timeout_ms INTEGER,
    recheck_ms INTEGER,
    confirm INTEGER NOT NULL CHECK (confirm > 0),
    g_max_ms INTEGER NOT NULL CHECK (g_max_ms > 0),
    PRIMARY KEY (series, clock, from_ms)
) STRICT, WITHOUT ROWID;
INSERT INTO "setting" VALUES(1,1,1795389506908,2000,1000,1000,3,3000);
INSERT INTO "setting" VALUES(2,1,1795389506908,2000,1000,NULL,3,3000);
CREATE TABLE span (
    series INTEGER NOT NULL,
    t0_ms INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    t1_ms INTEGER NOT NULL CHECK (t1_ms > t0_ms),
    class INTEGER NOT NULL CHECK (class BETWEEN 0 AND 5),
    n INTEGER NOT NULL,
    max_spacing_ms INTEGER NOT NULL,
    first INTEGER NOT NULL CHECK (first BETWEEN 0 AND 2),
    last INTEGER NOT NULL CHECK (last BETWEEN 0 AND 2),
    revision INTEGER NOT NULL,
    shipped_at_ms INTEGER,
    PRIMARY KEY (series, t0_ms, clock)
) STRICT, WITHOUT ROWID;
INSERT INTO "span" VALUES(1,1795389506911,1,1795389519901,0,7,2101,0,0,1,NULL);
CREATE TABLE standing (
    service TEXT NOT NULL,
    key TEXT NOT NULL,
    period_start_ms INTEGER NOT NULL,
    period_end_ms INTEGER NOT NULL,
    token TEXT NOT NULL,
    as_of_ms INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (service, key, period_start_ms)
) STRICT, WITHOUT ROWID;
INSERT INTO "standing" VALUES('shop','',1793491200000,1796083200000,'(''196cd4bab7cef0b37c9ee81f4d7a3e4c'', 0, 0, None, None, None, None, None, [1795389506911], [])',1795389516917,'[["shop","web",null,null,"2026-11",[999,1000],[693693089,2592000000],[1,1],[1,1],[2592000,1],[[-1895714911,1],[2592000,1]],"undecided","running"]]');
CREATE TABLE ticket (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    number TEXT NOT NULL,
    key TEXT,
    outage_ms INTEGER,
    opened_ms INTEGER,
    answered_ms INTEGER,
    closed_ms INTEGER,
    is_withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (is_withdrawn IN (0, 1)),
    entered_at_ms INTEGER NOT NULL,
    entered_by TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "ticket" VALUES(1,'shop','4711',NULL,NULL,1795389472915,NULL,NULL,0,1795389532921,'root','');
CREATE TABLE window (
    id INTEGER PRIMARY KEY,
    removes INTEGER REFERENCES window (id),
    provider TEXT,
    service TEXT,
    checks TEXT NOT NULL DEFAULT '[]',
    kind TEXT CHECK (kind IN ('scheduled', 'emergency')),
    start_ms INTEGER,
    end_ms INTEGER,
    every TEXT,
    from_time TEXT,
    lasts_ms INTEGER,
    zone TEXT,
    starts TEXT,
    until TEXT,
    announced_at_ms INTEGER,
    entered_at_ms INTEGER,
    entered_by TEXT NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT ''
, uid TEXT, impact TEXT) STRICT;
INSERT INTO "window" VALUES(1,NULL,NULL,'shop','[]','scheduled',1795377600000,1795381200000,NULL,NULL,NULL,'UTC',NULL,NULL,NULL,1795389532521,'root','typed','move',NULL,NULL);
INSERT INTO "window" VALUES(2,NULL,NULL,'shop','[]','scheduled',NULL,NULL,'FREQ=WEEKLY;BYDAY=SU','02:00',3600000,'Europe/Berlin','2026-11-22',NULL,1793491200000,1795389532720,'root','typed','',NULL,NULL);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX revision_by_series ON revision (series, id);
CREATE INDEX span_by_clock ON span (clock);
CREATE INDEX event_by_kind ON event (kind, id);
CREATE UNIQUE INDEX window_is_removed_once ON window (removes) WHERE removes IS NOT NULL;
CREATE TRIGGER window_is_never_changed BEFORE UPDATE ON window
BEGIN SELECT RAISE(ABORT, 'window is append only: add a row'); END;
CREATE TRIGGER window_is_never_deleted BEFORE DELETE ON window
BEGIN SELECT RAISE(ABORT, 'window is append only: add a row'); END;
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'event is append only: add a row'); END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'event is append only: add a row'); END;
CREATE VIEW outcomes AS
SELECT series.vantage, series.key AS "check", strftime('%Y-%m-%dT%H:%M:%fZ', (hot.at_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS at,
    CASE hot.state WHEN 0 THEN 'up' WHEN 1 THEN 'down' ELSE 'unknown' END AS state, hot.reason, hot.latency_us / 1000.0 AS latency_ms,
    CASE hot.origin WHEN 0 THEN 'grid' WHEN 1 THEN 'recheck' WHEN 2 THEN 'manual' WHEN 3 THEN 'push' ELSE 'import' END AS origin, strftime('%Y-%m-%dT%H:%M:%fZ', (hot.due_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS due, revision.digest AS revision,
    CASE WHEN clock.is_synced OR clock.corrected_by THEN 'synchronised' ELSE 'unsynced' END AS clock_quality, hot.more
FROM hot JOIN series ON series.id = hot.series JOIN clock ON clock.id = hot.clock
    JOIN revision ON revision.id = hot.revision;
CREATE VIEW spans AS
SELECT series.vantage, series.key AS "check", strftime('%Y-%m-%dT%H:%M:%fZ', (span.t0_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS start,
    strftime('%Y-%m-%dT%H:%M:%fZ', (span.t1_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS "end", CASE span.class WHEN 0 THEN 'up' WHEN 1 THEN 'down' WHEN 2 THEN 'trans_down' WHEN 3 THEN 'trans_up' WHEN 4 THEN 'suspect' ELSE 'unknown' END AS class,
    (span.t1_ms - span.t0_ms) / 1000.0 AS seconds, span.n AS samples,
    span.max_spacing_ms / 1000.0 AS largest_spacing, revision.digest AS revision
FROM span JOIN series ON series.id = span.series JOIN clock ON clock.id = span.clock
    JOIN revision ON revision.id = span.revision;
CREATE VIEW checks AS
SELECT series.vantage, series.key AS "check", series.kind, series.target, series.role, series.service,
    CASE latest.state WHEN 0 THEN 'up' WHEN 1 THEN 'down' ELSE 'unknown' END AS state, strftime('%Y-%m-%dT%H:%M:%fZ', (latest.at_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS at,
    strftime('%Y-%m-%dT%H:%M:%fZ', (latest.since_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS since, latest.reason, latest.detail,
    latest.latency_us / 1000.0 AS latency_ms, latest.run_bad AS failures
FROM latest JOIN series ON series.id = latest.series JOIN clock ON clock.id = latest.clock;
CREATE VIEW windows AS
SELECT window.id, window.provider, window.service, window.checks, window.kind, strftime('%Y-%m-%dT%H:%M:%fZ', (window.start_ms) / 1000.0, 'unixepoch') AS start,
    strftime('%Y-%m-%dT%H:%M:%fZ', (window.end_ms) / 1000.0, 'unixepoch') AS "end", window.every, window.from_time, window.lasts_ms / 60000.0 AS lasts_minutes,
    window.zone, window.starts, window.until, strftime('%Y-%m-%dT%H:%M:%fZ', (window.announced_at_ms) / 1000.0, 'unixepoch') AS announced,
    strftime('%Y-%m-%dT%H:%M:%fZ', (window.entered_at_ms) / 1000.0, 'unixepoch') AS entered, window.entered_by, window.source, window.reason,
    strftime('%Y-%m-%dT%H:%M:%fZ', (removal.entered_at_ms) / 1000.0, 'unixepoch') AS removed, removal.entered_by AS removed_by
FROM window LEFT JOIN window AS removal ON removal.removes = window.id WHERE window.removes IS NULL;
CREATE VIEW agent_events AS
SELECT event.vantage, strftime('%Y-%m-%dT%H:%M:%fZ', (event.at_ms + clock.shift_ms) / 1000.0, 'unixepoch') AS at, event.kind,
    event.lasted_ms / 1000.0 AS seconds, event.facts
FROM event JOIN clock ON clock.id = event.clock;
CREATE INDEX ticket_by_service ON ticket (service, number);
CREATE TRIGGER ticket_is_never_changed BEFORE UPDATE ON ticket
BEGIN SELECT RAISE(ABORT, 'ticket is append only: add a row'); END;
CREATE TRIGGER ticket_is_never_deleted BEFORE DELETE ON ticket
BEGIN SELECT RAISE(ABORT, 'ticket is append only: add a row'); END;
CREATE VIEW tickets AS
SELECT ticket.service, ticket.number, ticket.key AS "check", strftime('%Y-%m-%dT%H:%M:%fZ', (ticket.outage_ms) / 1000.0, 'unixepoch') AS outage,
    strftime('%Y-%m-%dT%H:%M:%fZ', (ticket.opened_ms) / 1000.0, 'unixepoch') AS opened, strftime('%Y-%m-%dT%H:%M:%fZ', (ticket.answered_ms) / 1000.0, 'unixepoch') AS answered,
    strftime('%Y-%m-%dT%H:%M:%fZ', (ticket.closed_ms) / 1000.0, 'unixepoch') AS closed, ticket.is_withdrawn AS withdrawn, ticket.note,
    strftime('%Y-%m-%dT%H:%M:%fZ', (ticket.entered_at_ms) / 1000.0, 'unixepoch') AS entered, ticket.entered_by
FROM ticket;
COMMIT;
