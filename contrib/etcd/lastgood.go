package etcd

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// document is what a key holds at a revision.
type document struct {
	data     []byte
	revision int64
	absent   bool // there is no such key
}

func (d document) same(o document) bool {
	return d.absent == o.absent && string(d.data) == string(o.data)
}

// kept is the form of a document on disk. It has a checksum, because a truncated
// file is often a valid document.
type kept struct {
	Key      string    `json:"key"`
	Revision int64     `json:"revision"`
	Saved    time.Time `json:"saved"`
	SHA256   string    `json:"sha256"`
	Document string    `json:"document"`
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// lastGood is the file that keeps the last document that came into force. Without
// a directory there is none.
type lastGood struct{ dir, key string }

func (l lastGood) path() string {
	return filepath.Join(l.dir, "etcd-last-good-"+sum([]byte(l.key))[:8]+".json")
}

// load returns the document, or an error that is fs.ErrNotExist.
func (l lastGood) load() (document, error) {
	if l.dir == "" {
		return document{}, fs.ErrNotExist
	}
	text, err := os.ReadFile(l.path())
	if err != nil {
		return document{}, err
	}
	var k kept
	switch err := json.Unmarshal(text, &k); {
	case err != nil:
		return document{}, fmt.Errorf("%s is damaged: %w", l.path(), err)
	case k.Key != l.key || k.SHA256 != sum([]byte(k.Document)):
		return document{}, fmt.Errorf("%s is damaged: its checksum is wrong", l.path())
	}
	return document{data: []byte(k.Document), revision: k.Revision}, nil
}

// save replaces the file atomically: a reader, also after a crash, finds the old
// document or the new one.
func (l lastGood) save(d document) error {
	if l.dir == "" {
		return nil
	}
	text, err := json.MarshalIndent(kept{l.key, d.revision, time.Now().UTC(), sum(d.data), string(d.data)}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(l.dir, ".etcd-last-good-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), l.path())
	}
	if err != nil {
		if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
