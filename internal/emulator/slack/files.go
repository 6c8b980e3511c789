package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/busbell/busbell/internal/emulator/control"
)

func (s *Server) filesGetUploadURL(c call) (reply, error) {
	size, err := strconv.Atoi(c.get("length"))
	if err != nil || size <= 0 || c.get("filename") == "" {
		return nil, refuse("invalid_arguments")
	}
	f := &File{ID: id("F", s.tick()), Name: c.get("filename"), Size: size}
	s.files[f.ID] = f
	return reply{"upload_url": c.base + "/upload/" + f.ID, "file_id": f.ID}, nil
}

func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	s.Serve(w, r, "upload", s.upload, func(w http.ResponseWriter, f control.Fault) {
		http.Error(w, f.Error, http.StatusBadRequest)
	})
}

func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	content, err := uploaded(http.MaxBytesReader(w, r.Body, maxBody), r)
	if err != nil {
		http.Error(w, "upload: "+err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[r.PathValue("id")]
	if f == nil || f.finished {
		http.Error(w, "upload: no such upload", http.StatusNotFound)
		return
	}
	f.content, f.Size = content, len(content)
	_, _ = fmt.Fprintf(w, "OK - %d", len(content))
}

// uploaded is the file in a multipart body, or the body itself.
func uploaded(body io.ReadCloser, r *http.Request) ([]byte, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		return io.ReadAll(body)
	}
	r.Body = body
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, errors.New(`no part is named "file"`)
		}
		if err != nil {
			return nil, err
		}
		if part.FormName() == "file" || part.FormName() == "filename" {
			return io.ReadAll(part)
		}
	}
}

func (s *Server) filesCompleteUpload(c call) (reply, error) {
	var named []struct{ ID, Title string }
	if err := json.Unmarshal([]byte(c.get("files")), &named); err != nil || len(named) == 0 {
		return nil, refuse("invalid_arguments")
	}
	var files []File
	var short []reply
	for _, n := range named {
		f := s.files[n.ID]
		if f == nil || f.content == nil {
			return nil, refuse("file_not_found")
		}
		if f.Title = n.Title; f.Title == "" {
			f.Title = f.Name
		}
		files = append(files, *f)
		short = append(short, reply{"id": f.ID, "title": f.Title})
	}
	if err := s.share(c, files); err != nil {
		return nil, err
	}
	for _, n := range named {
		s.files[n.ID].finished = true
	}
	return reply{"files": short}, nil
}

// share posts the files to the channels that the call names, if any.
func (s *Server) share(c call, files []File) error {
	for id := range strings.SplitSeq(c.get("channel_id")+","+c.get("channels"), ",") {
		if id == "" {
			continue
		}
		to, err := s.channel(id)
		if err != nil {
			return err
		}
		if !to.member {
			return refuse("not_in_channel")
		}
		m := &Message{Content: Content{Text: c.get("initial_comment")}, ThreadTS: to.root(c.get("thread_ts")), Files: files}
		s.add(to, m)
		s.touchRoot(to, m)
	}
	return nil
}

// File is the content of an upload.
func (s *Server) File(id string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[id]
	if f == nil || f.content == nil {
		return nil, false
	}
	return f.content, true
}
