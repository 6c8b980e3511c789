// Package logfile is a file that grows by whole frames.
//
// A frame is written at once, with its length and checksum before it. Whoever
// opens the file again gets every frame that was written whole. What a crash
// left of another one is at the end, because nothing is ever written behind it,
// and is cut off.
package logfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// magic starts each file, so that no other file is taken for one.
const magic = "busbell log 1\n"

const headSize = 8 // length and checksum of a frame

var table = crc32.MakeTable(crc32.Castagnoli)

// A File is an open log. Its methods are not called at the same time.
type File struct {
	path string
	f    *os.File
	size int64
}

// Open opens the file, or makes it, and calls each for every frame in it; the
// frame is valid during the call only. The torn end of a file is cut, and cut
// says how many bytes that were; they are kept at [CutPath]. A file that another process has open, or that
// is no log, is an error and stays as it is.
func Open(path string, each func(frame []byte) error) (file *File, cut int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, 0, err
	}
	file = &File{path: path, f: f}
	if err = lock(f); err == nil {
		cut, err = file.read(each)
	}
	if err != nil {
		_ = f.Close()
		return nil, 0, err
	}
	return file, cut, nil
}

func (file *File) read(each func([]byte) error) (cut int64, err error) {
	info, err := file.f.Stat()
	if err != nil {
		return 0, err
	}
	in := bufio.NewReaderSize(file.f, 1<<20)
	begins, err := in.Peek(min(len(magic), int(info.Size())))
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", file.path, err)
	}
	if string(begins) != magic[:len(begins)] {
		return 0, fmt.Errorf("%s is not a data file of the emulator: name another file", file.path)
	}
	if len(begins) < len(magic) { // new, or torn before its first frame
		return 0, file.begin()
	}
	_, _ = in.Discard(len(magic)) // it was peeked
	file.size = int64(len(magic))
	var head [headSize]byte
	var frame []byte
	for {
		_, err := io.ReadFull(in, head[:])
		if errors.Is(err, io.EOF) {
			break
		}
		n := int64(binary.BigEndian.Uint32(head[:]))
		if err != nil || n == 0 || n > info.Size()-file.size-headSize {
			break
		}
		if int64(cap(frame)) < n {
			frame = make([]byte, n)
		}
		frame = frame[:n]
		if _, err := io.ReadFull(in, frame); err != nil {
			return 0, fmt.Errorf("read %s: %w", file.path, err)
		}
		if crc32.Checksum(frame, table) != binary.BigEndian.Uint32(head[4:]) {
			break
		}
		if err := each(frame); err != nil {
			return 0, fmt.Errorf("%s at byte %d: %w", file.path, file.size, err)
		}
		file.size += headSize + n
	}
	if cut = info.Size() - file.size; cut > 0 {
		if err = file.keep(cut); err == nil {
			err = file.f.Truncate(file.size)
		}
	}
	if err == nil {
		_, err = file.f.Seek(file.size, io.SeekStart)
	}
	return cut, err
}

// CutPath is where the bytes are that were cut off a file the last time: behind
// damage in its middle lie frames that somebody may want.
func CutPath(path string) string { return path + ".cut" }

// keep copies the last n bytes to CutPath.
func (file *File) keep(n int64) error {
	to, err := os.OpenFile(CutPath(file.path), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("keep what is cut off: %w", err)
	}
	_, err = io.Copy(to, io.NewSectionReader(file.f, file.size, n))
	return errors.Join(err, to.Sync(), to.Close())
}

// begin makes an empty log of the file.
func (file *File) begin() error {
	if err := file.f.Truncate(0); err != nil {
		return err
	}
	if _, err := file.f.WriteAt([]byte(magic), 0); err != nil {
		return err
	}
	file.size = int64(len(magic))
	if _, err := file.f.Seek(file.size, io.SeekStart); err != nil {
		return err
	}
	return errors.Join(file.f.Sync(), syncFolder(file.path))
}

// Size is how many bytes the file has.
func (file *File) Size() int64 { return file.size }

// Append writes a frame. With sync it returns when the frame is on the disk;
// without, the death of this process does not harm the frame, but a power
// failure may. After an error the file takes no more frames.
func (file *File) Append(frame []byte, sync bool) error {
	if len(frame) == 0 {
		return nil
	}
	whole := appendFrame(make([]byte, 0, headSize+len(frame)), frame)
	if _, err := file.f.Write(whole); err != nil {
		return err
	}
	file.size += int64(len(whole))
	if sync {
		return file.f.Sync()
	}
	return nil
}

func appendFrame(dst, frame []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(frame)))
	dst = binary.BigEndian.AppendUint32(dst, crc32.Checksum(frame, table))
	return append(dst, frame...)
}

// Rewrite replaces all frames by those that write adds. Until the new ones are
// on the disk the file has the old ones, also after an error.
func (file *File) Rewrite(write func(add func(frame []byte) error) error) error {
	temporary := file.path + ".new"
	f, err := os.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	size, err := writeAll(f, write)
	if err == nil {
		err = lock(f)
	}
	if err == nil {
		err = os.Rename(temporary, file.path)
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(temporary)
		return fmt.Errorf("rewrite %s: %w", file.path, err)
	}
	_ = file.f.Close() // replaced
	file.f, file.size = f, size
	return syncFolder(file.path)
}

// writeAll writes a log into an empty file and returns its size.
func writeAll(f *os.File, write func(add func([]byte) error) error) (size int64, err error) {
	out := bufio.NewWriterSize(f, 1<<20)
	n, err := out.WriteString(magic)
	if err != nil {
		return 0, err
	}
	size = int64(n)
	var head []byte
	err = write(func(frame []byte) error {
		head = appendFrame(head[:0], frame)
		n, err := out.Write(head)
		size += int64(n)
		return err
	})
	return size, errors.Join(err, out.Flush(), f.Sync())
}

// Close writes what is not on the disk yet and closes the file.
func (file *File) Close() error { return errors.Join(file.f.Sync(), file.f.Close()) }

// syncFolder makes a new name in a folder last.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	_ = folder.Sync() // some systems cannot
	return folder.Close()
}
