package pattern

import "strings"

// unit folds the unit behind a number: of times to s, of sizes to B. Several
// in a row are one: 1 hour, 5 minutes.
func (f *folder) unit() {
	if !decimal(f.s[f.i-1]) {
		return
	}
	rest := f.s[f.i:]
	n := blank(rest)
	name := letters(rest[n:])
	short, ok := units[lower(name)]
	if !ok && name == "B" {
		short, ok = "B", true
	}
	if !ok || strings.HasPrefix(rest[n+len(name):], "'") || n == 0 && name != "µs" && name != "μs" {
		return
	}
	f.i += n + len(name)
	f.b = append(append(f.b, ' '), short...)
	for _, between := range []string{" ", ", ", " and ", " og ", " und ", " et ", " e ", " y ", " en "} {
		whole := "# " + short + between + "# " + short
		if keep := len(f.b) - len(whole); keep >= f.begin && string(f.b[keep:]) == whole {
			f.b = f.b[:keep+len("# ")+len(short)]
			return
		}
	}
}

// blank is the length of one blank at the front of s, also one that does not
// break a line.
func blank(s string) int {
	for _, space := range []string{" ", "\u00a0", "\u202f"} {
		if strings.HasPrefix(s, space) {
			return len(space)
		}
	}
	return 0
}

// units are those of times and sizes, in the languages of [calendar].
var units = index(map[string]string{
	"s": `ns us µs μs ms s m h d sec secs msec min mins hr hrs millis
		nanosecond nanoseconds microsecond microseconds millisecond milliseconds second seconds minute minutes hour hours day days week weeks
		millisekunde millisekunden sekunde sekunden minuten stunde stunden std tag tage tagen woche wochen
		milliseconde millisecondes seconde secondes heure heures jour jours semaine semaines
		milisegundo milisegundos segundo segundos minuto minutos hora horas día días dia dias semana semanas
		millisecondo millisecondi secondo secondi minuti ora ore giorno giorni settimana settimane
		milliseconden seconden minuut uur uren dag dagen weken
		millisekund millisekunder sekund sekunder minut minutter minuter minuten timer timme timmar døgn dage dagar dager uge uger vecka veckor uke uker
		sekunti sekuntia minuutti minuuttia tunti tuntia päivä päivää sekunda sekundy minuta minuty godzina godziny godzin dzień dni`,
	"B": "byte bytes octet octets bajt bajty kb mb gb tb kib mib gib tib",
})

// index turns lists of words around.
func index(lists map[string]string) map[string]string {
	out := map[string]string{}
	for name, list := range lists {
		for w := range strings.FieldsSeq(list) {
			out[w] = name
		}
	}
	return out
}
