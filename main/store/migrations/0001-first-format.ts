/**
 * The first format. Times are milliseconds since 1970 (UTC); digests and fingerprints lower-case hex;
 * JSON is text.
 */
export const firstFormat = `
CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE source (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  imported_at INTEGER NOT NULL
) STRICT;

CREATE TABLE source_chunk (
  position INTEGER PRIMARY KEY,
  data BLOB NOT NULL
) STRICT;

CREATE TABLE kept_file (
  sha256 TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE kept_file_chunk (
  sha256 TEXT NOT NULL REFERENCES kept_file (sha256) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (sha256, position)
) STRICT;

CREATE TABLE recipe_revision (
  id INTEGER PRIMARY KEY,
  parent INTEGER REFERENCES recipe_revision (id),
  redo INTEGER REFERENCES recipe_revision (id),
  label TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  recipe TEXT NOT NULL
) STRICT;

CREATE TABLE recipe_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL REFERENCES recipe_revision (id)
) STRICT;

CREATE TABLE artifact (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  digest TEXT NOT NULL,
  dtype TEXT NOT NULL CHECK (dtype IN ('u8', 'u16', 'f32', 'json')),
  shape TEXT NOT NULL,
  window TEXT,
  raw_bytes INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL,
  complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE artifact_chunk (
  artifact INTEGER NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
  offset INTEGER NOT NULL,
  raw_bytes INTEGER NOT NULL,
  filter TEXT NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (artifact, offset)
) STRICT;

CREATE TABLE node_run (
  fingerprint TEXT PRIMARY KEY,
  node TEXT NOT NULL,
  stage TEXT NOT NULL,
  version INTEGER NOT NULL,
  params TEXT NOT NULL,
  inputs TEXT NOT NULL,
  packs TEXT NOT NULL,
  provider TEXT,
  ms REAL NOT NULL,
  model_ms REAL NOT NULL,
  peak_rss_mb REAL NOT NULL,
  metrics TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('ran', 'failed', 'cancelled')),
  artifacts INTEGER NOT NULL,
  used INTEGER NOT NULL
) STRICT;

CREATE INDEX node_run_used ON node_run (used);

CREATE TABLE run_artifact (
  fingerprint TEXT NOT NULL REFERENCES node_run (fingerprint) ON DELETE CASCADE,
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  artifact INTEGER NOT NULL REFERENCES artifact (id),
  PRIMARY KEY (fingerprint, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_artifact_artifact ON run_artifact (artifact);
`;
