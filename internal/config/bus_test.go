package config

import "testing"

// Alarms without a ledger are named after the namespace, by whichever way it
// is configured.
func TestTheHostOfANamespace(t *testing.T) {
	for _, tt := range []struct {
		bus  Bus
		want string
	}{
		{Bus{Namespace: "Shop.servicebus.windows.net"}, "shop.servicebus.windows.net"},
		{Bus{ConnectionString: "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=b="}, "shop.servicebus.windows.net"},
		{Bus{ConnectionString: "SharedAccessKeyName=a;Endpoint=sb://SHOP.servicebus.windows.net", Namespace: "other"}, "shop.servicebus.windows.net"},
		{Bus{ConnectionString: "Endpoint=sb://127.0.0.1:5672/;UseDevelopmentEmulator=true"}, "127.0.0.1:5672"},
		{Bus{ConnectionString: "Endpoint=%zz"}, ""},
		{Bus{}, ""},
	} {
		if got := tt.bus.Host(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.bus, got, tt.want)
		}
	}
}
