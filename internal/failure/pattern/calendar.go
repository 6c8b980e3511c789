package pattern

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTokens is how many words and numbers make a moment.
const maxTokens = 24

// moment is a date or a time with words in it: names of days and months, AM
// and PM, a zone. A name alone counts where it is nothing else.
func moment(s string) int {
	s = s[:min(len(s), maxValue)]
	var end, names, numbers int
	var certain bool
	var before string
tokens:
	for i, n := 0, 0; i < len(s) && n < maxTokens; n++ {
		t := token(s[i:])
		next := i + len(t)
		kind := kindOf(t)
		switch {
		case kind == "number":
			end = next
			numbers++
			if n := behindClock(s[end:]); n > 0 {
				end += n
				names++
			}
		case kind == "name", kind == "short", kind == "word" && before == "number" && spaced(s[next:]) && following(s[next:]) == "number":
			end = next
			names++
			certain = certain || kind == "name"
		case kind == "between" && (isDay(before) || (n == 1 || names > 0) && isDay(following(s[next:]))):
		default:
			break tokens
		}
		before = kind
		i = max(end, next)
		i += separators(s[i:])
	}
	if names == 0 || numbers == 0 && !certain {
		return 0
	}
	return end + longZone(s[end:])
}

// kindOf is what a token is in a date: a number or a kind of [calendar].
func kindOf(token string) string {
	if _, digits := word(token); digits {
		return "number"
	}
	small := lower(token)
	_, first := utf8.DecodeRuneInString(token)
	if strings.HasSuffix(small, token[first:]) || token == strings.ToUpper(token) {
		return calendar[small]
	}
	return "" // aUg is no month
}

// spaced reports whether a blank or a point follows.
func spaced(s string) bool { return blank(s) > 0 || strings.HasPrefix(s, ".") }

// following is the kind of the next token.
func following(s string) string { return kindOf(token(s[separators(s):])) }

func isDay(kind string) bool { return kind == "name" || kind == "short" }

// longZone is the name of a zone in brackets, as JavaScript puts it behind a time.
func longZone(s string) int {
	rest, ok := strings.CutPrefix(s, " (")
	if i := strings.IndexByte(rest, ')'); ok && i > 0 && i < 60 && strings.HasSuffix(rest[:i], "Time") {
		return len(" (") + i + 1
	}
	return 0
}

// token is the word at the front of s in whatever script.
func token(s string) string {
	for i, r := range s {
		if r < 0x80 && !wordByte(byte(r)) || r >= 0x80 && !isLetter(r) {
			return s[:i]
		}
	}
	return s
}

// letters are those at the front of s.
func letters(s string) string {
	for i, r := range s {
		if !isLetter(r) {
			return s[:i]
		}
	}
	return s
}

func isLetter(r rune) bool { return r != utf8.RuneError && unicode.IsLetter(r) }

// lower is a name in small letters; what is longer than names are is none.
func lower(s string) string {
	if len(s) > 28 {
		return ""
	}
	return strings.ToLower(s)
}

// separators are at most four bytes of what may stand within a date. A slash
// or a sign stands beside a number, else it may be base64.
func separators(s string) int {
	n := 0
	for n < len(s) && n < 4 {
		size := blank(s[n:])
		switch c := s[n]; {
		case size > 0:
		case strings.IndexByte(",.:-'", c) >= 0, (c == '/' || c == '+') && n+1 < len(s) && decimal(s[n+1]):
			size = 1
		default:
			return n
		}
		n += size
	}
	return n
}

// behindClock is AM or PM, or a zone, behind a number.
func behindClock(s string) int {
	n := blank(s)
	name := letters(s[n:])
	switch small := lower(name); {
	case small == "am" || small == "pm", calendar[small] == "zone" && name == strings.ToUpper(name):
		return n + len(name)
	case small == "a" || small == "p":
		rest := s[n+1:]
		for _, m := range []string{".m.", ". m.", ".\u00a0m.", ".\u202fm."} {
			if len(rest) >= len(m) && strings.EqualFold(rest[:len(m)], m) {
				return n + 1 + len(m)
			}
		}
	}
	return 0
}

// eastern is a name of a day or of half a day in Chinese, Japanese or Korean,
// which no blank parts from its neighbours.
func eastern(s string) int {
	for _, half := range []string{"上午", "下午", "午前", "午後", "오전", "오후"} {
		if strings.HasPrefix(s, half) {
			return len(half)
		}
	}
	const han = len("日")
	day := func(s, days string) bool { return len(s) >= han && strings.Contains(days, s[:han]) }
	switch {
	case strings.HasPrefix(s, "星期") && day(s[2*han:], "一二三四五六日天"):
		return 3 * han
	case day(s, "月火水木金土日") && strings.HasPrefix(s[han:], "曜日"), day(s, "월화수목금토일") && strings.HasPrefix(s[han:], "요일"):
		return 3 * han
	}
	return 0
}

// calendar knows what dates are made of: names that are nothing else, short
// ones that count beside a number, those that are words as well and count
// between numbers, zones, and what stands between the parts.
var calendar = index(map[string]string{
	"name": `monday tuesday wednesday thursday friday saturday sunday january february april june july september october november december
		montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag januar jänner februar märz juni juli oktober dezember
		lundi mardi mercredi jeudi vendredi samedi dimanche janvier février avril juin juillet août septembre octobre novembre décembre
		lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril junio julio agosto septiembre setiembre octubre noviembre
		diciembre lunedì martedì mercoledì giovedì venerdì sabato domenica gennaio febbraio aprile giugno luglio settembre ottobre dicembre
		segunda-feira terça-feira quarta-feira quinta-feira sexta-feira janeiro fevereiro março junho julho setembro outubro novembro dezembro
		maandag dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari augustus
		mandag tirsdag onsdag torsdag fredag lørdag søndag måndag tisdag lördag söndag augusti
		maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta
		heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu
		syyskuu lokakuu marraskuu joulukuu
		poniedziałek wtorek środa czwartek piątek niedziela styczeń luty marzec kwiecień czerwiec lipiec sierpień wrzesień październik grudzień
		stycznia lutego marca kwietnia czerwca lipca sierpnia września października listopada grudnia
		pondělí úterý čtvrtek pátek neděle leden únor březen duben květen červen červenec srpen září říjen prosinec
		ledna února března dubna května června července srpna října listopadu prosince
		pazartesi salı çarşamba perşembe cumartesi şubat nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
		понедельник вторник среда четверг пятница суббота воскресенье январь февраль апрель июнь июль август сентябрь октябрь ноябрь декабрь
		января февраля марта апреля июня июля августа сентября октября ноября декабря`,
	"short": `mon tue tues wed thu thur thurs fri sat sun jan feb mar march apr may jun jul aug august sep sept oct nov dec
		mrz mär mai okt dez lun mer jeu ven sam dim janv févr mars avr juil déc mié jue vie sáb dom ene abr mayo dic
		gio gen maggio mag giu lug ott seg ter qua qui segunda terça quarta quinta sexta maio fev maart mrt mei
		tir tirs ons tors fre lør søn maj marts mån tis lör sön
		śr czw pt sob sobota niedz sty lut kwi maja cze lip sie wrz paź lis listopad gru út st čt pá
		pzt çar cum cuma paz pazar oca ocak şub mart haz tem ağu eyl eki kas
		пн вт ср чт пт сб вс янв фев февр март апр май мая июн июл авг сен сент окт ноя нояб дек`,
	"word":    `out set ago man sex tor per sab sal mo di mi do fr sa so ma wo vr za zo ti ke to pe la su po ne we ara pon wt`,
	"zone":    "z utc gmt cet cest est edt cst cdt mst mdt pst pdt bst ist jst msk eet eest wet west mez mesz aest aedt sgt hkt",
	"between": "de del den der di kl klo",
})
