package tickets

import "os"

// File is where a successor finds the keys: a file in memory, which it inherits.
// Writing to a nil File does nothing.
type File struct{ file *os.File }

// NewFile returns a File in f.
func NewFile(f *os.File) *File { return &File{f} }

// MemoryFile returns a file in memory, or nil if the system has none.
func MemoryFile(name string) *os.File { return memoryFile(name) }

// Read returns the keys that a predecessor has written, or nil if there are none.
func (f *File) Read() *Keys {
	b := make([]byte, MaxEncoded)
	defer clear(b)
	n, _ := f.file.ReadAt(b, 0)
	keys, err := Decode(b[:n])
	if err != nil {
		return nil // as after a start without a predecessor: clients shake hands in full
	}
	return keys
}

// Write writes the keys for a successor.
func (f *File) Write(keys *Keys) {
	if f == nil {
		return
	}
	b := keys.Encode()
	defer clear(b)
	if _, err := f.file.WriteAt(b, 0); err == nil {
		_ = f.file.Truncate(int64(len(b)))
	}
}

// Close closes the file. A successor has its own descriptor.
func (f *File) Close() {
	if f != nil {
		_ = f.file.Close()
	}
}
