//go:build browser && unix

package board_test

import (
	"fmt"
	"strings"
	"testing"

	api "github.com/slack-go/slack"
)

// incident posts a message as Busbell does, with a colour bar and facts, and
// returns where it is.
func incident(t *testing.T, bot *api.Client, text string) (channel, ts string) {
	t.Helper()
	channel, ts, err := bot.PostMessageContext(t.Context(), "bus-errors", facts(text))
	if err != nil {
		t.Fatal(err)
	}
	return channel, ts
}

func facts(text string) api.MsgOption {
	var fields []*api.TextBlockObject
	for _, name := range []string{"Message", "Queue", "Our code", "Handler"} {
		fields = append(fields, api.NewTextBlockObject("mrkdwn", "*"+name+"*\n`Shop.Shipping.Handlers.ShipOrderHandler."+name+"`", false, false))
	}
	inside := api.Blocks{BlockSet: []api.Block{api.NewSectionBlock(nil, fields, nil)}}
	return api.MsgOptionCompose(api.MsgOptionText(text, true), api.MsgOptionAttachments(api.Attachment{Color: "#d93648", Blocks: inside}))
}

func TestThePageInABrowser(t *testing.T) {
	_, at := serve(t)
	say(t, at, hostile)
	bot := api.New("xoxb-emulator", api.OptionAPIURL(at+"/api/"))
	channel, ts := incident(t, bot, "2 failed: "+hostile)
	if _, _, _, err := bot.UpdateMessageContext(t.Context(), channel, ts, facts("3 failed: "+hostile)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := bot.PostMessageContext(t.Context(), channel, api.MsgOptionTS(ts), api.MsgOptionText("Growing", false)); err != nil {
		t.Fatal(err)
	}
	page := openTab(t)

	dark := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		page.visit(at+"/?"+scheme, 1280, scheme)
		page.until(`document.querySelectorAll(".message").length === 2`)
		sum := page.run(`getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0)`)
		dark[scheme] = sum.(float64) < 380
	}
	if dark["light"] || !dark["dark"] {
		t.Errorf("dark: %v", dark)
	}

	t.Run("foreign text is only text", func(t *testing.T) {
		text := fmt.Sprint(page.run(`document.getElementById("list").innerText`))
		if !strings.Contains(text, "3 failed: <script>alert(1)</script>") || page.run(`document.scripts.length`) != 1.0 {
			t.Errorf("shown %q", text)
		}
	})
	t.Run("news comes by itself", func(t *testing.T) {
		incident(t, bot, "and another one")
		page.until(`[...document.querySelectorAll(".message")].some(m => m.innerText.includes("and another one"))`)
	})
	t.Run("earlier versions, the thread and what was sent unfold", func(t *testing.T) {
		page.run(`[...document.querySelectorAll("button")].find(b => b.textContent === "edited").click()`)
		page.until(`document.querySelector(".history")?.innerText.includes("2 failed: ")`)
		page.run(`document.querySelector(".thread-bar").click()`)
		page.until(`document.getElementById("thread").innerText.includes("Growing")`)
		page.run(`[...document.querySelectorAll("#list button")].find(b => b.textContent === "{ }").click()`)
		page.until(`document.querySelector("#list pre.raw")?.textContent.includes("\"ts\"")`)
	})
	t.Run("the pager shows the alert", func(t *testing.T) {
		page.visit(at+"/?p#pager", 1280, "light")
		page.until(`document.getElementById("list").innerText.includes("<script>alert(1)</script>")`)
	})
	t.Run("it fits a phone", func(t *testing.T) {
		for _, place := range []string{"#bus-errors", "#pager"} {
			page.visit(at+"/?phone"+place[1:]+place, 390, "light")
			page.until(`document.getElementById("list").childElementCount > 0`)
			if wide := page.run(`document.documentElement.scrollWidth - innerWidth`); wide != 0.0 {
				t.Errorf("%s is %v pixels too wide", place, wide)
			}
		}
		page.visit(at+"/?facts#bus-errors", 390, "light")
		page.until(`document.querySelector(".fields")`)
		if columns := page.run(`getComputedStyle(document.querySelector(".fields")).gridTemplateColumns.split(" ").length`); columns != 1.0 {
			t.Errorf("facts stand in %v columns", columns)
		}
	})
	if len(page.broken) > 0 {
		t.Errorf("the page's scripts: %s", strings.Join(page.broken, "\n"))
	}
}
