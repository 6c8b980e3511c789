package slack

func (s *Server) authTest(c call) (reply, error) {
	return reply{
		"url": c.base + "/", "team": "Busbell emulator", "user": "busbell",
		"team_id": TeamID, "user_id": BotUserID, "bot_id": BotID, "app_id": AppID,
	}, nil
}

func (s *Server) usersInfo(c call) (reply, error) {
	user := c.get("user")
	name, isBot := s.cfg.Users[user], user == BotUserID
	if isBot {
		name = "busbell"
	}
	if name == "" {
		return nil, refuse("user_not_found")
	}
	return reply{"user": reply{
		"id": user, "team_id": TeamID, "name": name, "real_name": name, "is_bot": isBot, "deleted": false,
		"profile": reply{"display_name": name, "real_name": name},
	}}, nil
}

func (s *Server) usergroupsUsersList(c call) (reply, error) {
	users, ok := s.cfg.Groups[c.get("usergroup")]
	if !ok {
		return nil, refuse("no_such_subteam")
	}
	return reply{"users": append([]string{}, users...)}, nil
}
