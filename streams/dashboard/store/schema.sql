-- The dashboard's index; store.py says where it lies.
CREATE TABLE stories (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  part INTEGER NOT NULL, -- partition and offset of the last decision that changed it
  off INTEGER NOT NULL,
  listed INTEGER NOT NULL,
  closed INTEGER NOT NULL,
  headline TEXT NOT NULL,
  articles INTEGER NOT NULL,
  active REAL NOT NULL,
  newest REAL NOT NULL,
  oldest REAL NOT NULL,
  words INTEGER NOT NULL, -- hash of what it is found by: its words and places
  card BLOB NOT NULL, -- what lists show of the Story, JSON
  snapshot BLOB NOT NULL -- the Story, JSON, deflated
);
CREATE INDEX stories_by_activity ON stories (active, id) WHERE listed;
CREATE INDEX stories_by_newest ON stories (newest, id) WHERE listed;
CREATE INDEX stories_by_position ON stories (part, off);

CREATE TABLE facets ( -- what stories are filtered by: e(ntity), o(utlet), l(anguage), p(lace where it happens)
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (kind, key, n)
) WITHOUT ROWID;
CREATE INDEX facets_by_story ON facets (n);

CREATE TABLE entities (id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE members (
  article TEXT PRIMARY KEY,
  story TEXT NOT NULL,
  at REAL NOT NULL,
  outlet TEXT,
  origin TEXT NOT NULL,
  part INTEGER, -- where the tagged article is in the log
  off INTEGER,
  entry BLOB NOT NULL, -- the StoryArticle without its entities, JSON
  evidence BLOB
) WITHOUT ROWID;
CREATE INDEX members_by_story ON members (story, at, article, outlet, origin);
CREATE INDEX members_by_outlet ON members (outlet, at, story, origin) WHERE outlet IS NOT NULL;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  part INTEGER NOT NULL,
  off INTEGER NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  story TEXT NOT NULL,
  other TEXT,
  article TEXT,
  arrived REAL NOT NULL,
  at REAL,
  title TEXT,
  outlet TEXT,
  moved INTEGER NOT NULL,
  evidence BLOB,
  linked BLOB, -- the links that came and went with it, JSON
  mended BLOB -- the correction that it is of, a Mended as JSON
);
CREATE INDEX events_by_story ON events (story, seq);
CREATE INDEX events_by_other ON events (other, seq) WHERE other IS NOT NULL;
CREATE INDEX events_by_article ON events (article) WHERE article IS NOT NULL;
CREATE INDEX events_by_position ON events (part, off);
CREATE INDEX mends_by_story ON events (story, seq) WHERE mended IS NOT NULL;
CREATE INDEX mends_by_other ON events (other, seq) WHERE mended IS NOT NULL;

CREATE VIRTUAL TABLE texts USING fts5 (headline, entities, outlets, tokenize = 'unicode61 remove_diacritics 2');

CREATE TABLE bookmark ( -- up to where in the log all of it goes: a store.Bookmark, JSON
  one INTEGER PRIMARY KEY CHECK (one = 1),
  told BLOB NOT NULL
);
