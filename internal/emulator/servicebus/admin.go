package servicebus

import "net/http"

type attributes map[string]string

func (s *Server) admin() http.Handler { return http.NotFoundHandler() }
