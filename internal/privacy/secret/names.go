package secret

import (
	"slices"
	"strings"
)

// Names of secrets, in lower case without dashes and underscores.
var (
	// secretNames betray a secret wherever they end a name, before = or :.
	secretNames = byEnd(
		"password", "passwd", "pwd", "passphrase", "passcode", "passwordhash", "passwort", "kennwort", "wachtwoord", "adgangskode", "losenord",
		"senha", "contrasena", "motdepasse",
		"secret", "secretkey", "apikey", "accountkey", "accesskey", "sharedaccesskey", "sharedkey", "privatekey", "signingkey", "encryptionkey",
		"decryptionkey", "validationkey", "subscriptionkey", "functionskey", "instrumentationkey", "saskey", "storagekey", "masterkey", "hostkey",
		"authkey", "geniekey", "integrationkey", "licensekey", "licencekey",
		"accesstoken", "refreshtoken", "idtoken", "authtoken", "sastoken", "sessiontoken", "securitytoken", "csrftoken", "xsrftoken",
		"verificationtoken", "bearertoken", "apitoken", "bottoken", "apptoken", "usertoken", "resettoken", "logintoken", "jwttoken", "devicetoken",
		"registrationtoken", "privatetoken", "jobtoken", "githubtoken", "slacktoken", "npmtoken", "vaulttoken", "deploytoken", "servicetoken",
	)
	// tokenNames betray one as a whole name before =.
	tokenNames = []string{"token", "jwt", "sig", "signature", "sharedaccesssignature", "xamzsignature", "xgoogsignature", "cvv", "cvc", "otp"}
	// urlNames betray one only in a URL, behind ? or &.
	urlNames = []string{"auth", "pass", "assertion", "skey"}
	// codeNames do so where what follows looks like a secret.
	codeNames = []string{"code", "key"}
	// headerNames are those of an HTTP header that is a secret as a whole.
	headerNames = []string{"cookie", "setcookie", "authorization", "proxyauthorization", "xauthorization"}
)

// byEnd has names by their last letter.
func byEnd(names ...string) (by [256][]string) {
	for _, n := range names {
		by[n[len(n)-1]] = append(by[n[len(n)-1]], n)
	}
	return by
}

// secretName reports whether a plain name ends as that of a secret does.
func secretName(low string) bool {
	if low == "" || strings.HasSuffix(low, "validtoken") {
		return false
	}
	return slices.ContainsFunc(secretNames[low[len(low)-1]], func(s string) bool { return strings.HasSuffix(low, s) })
}

// secretWords reports whether a plain name of several words is that of a
// secret, and nothing more.
func secretWords(low string) bool {
	return low != "" && slices.Contains(secretNames[low[len(low)-1]], low)
}

// The kinds of places where a named secret stands.
const (
	inText       = "text"
	inURL        = "URL"
	inCode       = "code"              // in a URL, if it looks like a secret
	inConnection = "connection string" // its parts end at a semicolon
	inLine       = "line"              // all of it
	inWords      = "words"             // if it looks like a secret
)

// secretKind tells by a name, the sign behind it, the byte before it and
// whether it stands in quotes whether a secret follows, and in what kind of
// text; "" if none does.
func secretKind(low string, sign, before byte, quoted bool) string {
	secret := secretName(low)
	whole := slices.Contains(tokenNames, low)
	switch param := sign == '=' && (before == '?' || before == '&' || before == '#'); {
	case param && (secret || whole || slices.Contains(urlNames, low)):
		return inURL
	case param && slices.Contains(codeNames, low):
		return inCode
	case secret && before == ';':
		return inConnection
	case secret, quoted && whole:
		return inText
	case sign == '=' && whole:
		return inURL
	case sign == ':' && (low == "cookie" || low == "setcookie"):
		return inLine
	case whole:
		return inWords
	}
	return ""
}
