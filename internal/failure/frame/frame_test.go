package frame

import "testing"

func TestFramesNameTheMethodPeopleWrote(t *testing.T) {
	r := New(nil, nil)
	for _, tt := range []struct{ name, want string }{
		{"Shop.Billing.Handler.Handle", "Shop.Billing.Handler.Handle"},
		{"Shop.Billing.Handler.<Handle>d__5.MoveNext", "Shop.Billing.Handler.Handle"},
		{"Shop.Billing.Handler.<>c__DisplayClass2_0.<Handle>b__0", "Shop.Billing.Handler.Handle"},
		{"Shop.Billing.Handler.<>c.<<Handle>b__2_3>d.MoveNext", "Shop.Billing.Handler.Handle"},
		{"Shop.Billing.Handler.<Handle>g__Inner|2_0", "Shop.Billing.Handler.Handle"},
		{"Shop.Billing.Handler.<>c__DisplayClass14_0.<<Initialize>g__Scoped|0>d.MoveNext", "Shop.Billing.Handler.Initialize"},
		{"Shop.Repository`1.<>c__DisplayClass0_0`1.<Find>b__1", "Shop.Repository.Find"},
		{"Shop.Repository`1.Find[TKey]", "Shop.Repository.Find"},
		{"Shop.Repository`1.Find[TKey,TValue]", "Shop.Repository.Find"},
		{"Shop.Handler..ctor", "Shop.Handler..ctor"},
		{"Shop.Handler`1..ctor", "Shop.Handler..ctor"},
		{"Shop.Handler..cctor", "Shop.Handler..cctor"},
		{"Shop.Handler.<.ctor>b__0", "Shop.Handler..ctor"},
		{"Shop.Handler.<Rebus.Handlers.IHandleMessages<Shop.Orders.OrderPlaced>.Handle>b__3_0", "Shop.Handler.Handle"},
		{"Shop.Handler.<>c__DisplayClass3_0.<Rebus.Handlers.IHandleMessages<Shop.Orders.OrderPlaced>.Handle>g__Inner|0", "Shop.Handler.Handle"},
		{"Shop.Handler.Rebus-Handlers-IHandleMessages`1-Handle", "Shop.Handler.Handle"},
		{"Shop.Handler.System-IDisposable-Dispose", "Shop.Handler.Dispose"},
		{"Shop.Payments.Google.IAP.Verifier.Check", "Shop.Payments.Google.IAP.Verifier.Check"},
		{"Shop.Handler.<Lines>d__3.System.Collections.Generic.IEnumerator<System.Int32>.get_Current", "Shop.Handler.Lines"},
		{"Shop.X.Rebus.Handlers.IHandleMessages<Shop.Orders.OrderPlaced>.Handle", "Shop.X.Handle"},
		{"Shop.X.System.IDisposable.Dispose", "Shop.X.Dispose"},
		{"Shop.X.Shop.Contracts.IHandle<T>.Do", "Shop.X.Do"},
		{"Shop.X`1.System.Collections.Generic.IEnumerable<T>.GetEnumerator", "Shop.X.GetEnumerator"},
		{"Shop.X.<Rebus-Handlers-IHandleMessages<Shop-Orders-OrderPlaced>-Handle>d__3.MoveNext", "Shop.X.Handle"},
		{"Shop.Rebus.Handlers.Charge.Handle", "Shop.Rebus.Handlers.Charge.Handle"},
		{"Shop.Billing.IPAddressParser.Parse", "Shop.Billing.IPAddressParser.Parse"},
		{"Shop.Billing.VB$StateMachine_2_Handle.MoveNext", "Shop.Billing.Handle"},
		{"Shop.Billing.Handler._Closure$__2-0._Lambda$__0", "Shop.Billing.Handler.Lambda"},
		{"Shop.Billing.Repository`1.VB$StateMachine_12_FindAsync`1.MoveNext", "Shop.Billing.Repository.FindAsync"},
		{"Shop.Billing.Handler._Closure$__2-0.VB$StateMachine___Lambda$__0.MoveNext", "Shop.Billing.Handler.Lambda"},
		{"Shop.Billing.Handler._Closure$__._Lambda$__2-0", "Shop.Billing.Handler.Lambda"},
		{"Shop.<Program>F0123456789ABCDEF__Helper.Run", "Shop.Helper.Run"},
		{"Shop.<Program>F0123456789ABCDEF__Helper.<Run>d__0.MoveNext", "Shop.Helper.Run"},
		{"Shop.A.Lines", "Shop.A.Lines"},
		{"Shop.Money.op_Addition", "Shop.Money.op_Addition"},
		{"Shop.A.<Clone>$", "Shop.A.Clone"},
		{"Program.<>c.<<<Main>$>b__0_1>d.MoveNext", "Program.Main"},
		{"Shop.Pricing.apply@31.Invoke", "Shop.Pricing.apply"},
		{"Shop.Pricing.map@44`1.Invoke", "Shop.Pricing.map"},
		{"Shop.Pricing.handle@12-1.MoveNext", "Shop.Pricing.handle"},
		{"<StartupCode$Shop-Billing>.$Program.main@", "Program.main"},
		{"Shop.Billing.Program.<Main>$", "Shop.Billing.Program.Main"},
		{"Program.<<Main>$>g__Run|0_0", "Program.Run"},
		{"Program.<<<Main>$>g__Run|0_0>d.MoveNext", "Program.Run"},
		{"Program.<>c__DisplayClass0_0.<<<Main>$>g__RunAsync|2>d.MoveNext", "Program.RunAsync"},
	} {
		if got := r.Method(tt.name); got != tt.want {
			t.Errorf("method(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestOwnFramesAreTheTeams(t *testing.T) {
	def := New(nil, nil)
	own := New([]string{"Shop", "Acme.Billing."}, []string{"Shop.Messaging."})
	extra := New(nil, []string{"Acme.Messaging.*"})
	for _, tt := range []struct {
		r    Code
		name string
		want bool
	}{
		{def, "Shop.Billing.Handle", true},
		{def, "System.String.Join", false},
		{def, "Rebus.Bus.Send", false},
		{def, "Internal.Generated.WolverineHandlers.X", false},
		{def, "Internal.Shop.Y.Z", true},
		{def, "lambda_method12", false},
		{def, "Shop.X.Rebus.Handlers.IHandleMessages<A>.Handle", true},
		{def, "Systematic.Shop.X", true},
		{own, "Shop.Billing.Handle", true},
		{own, "Shopping.Billing.Handle", false},
		{own, "Shop.Messaging.Send", false},
		{own, "Acme.Billing.X", true},
		{own, "Acme.Other.X", false},
		{extra, "Acme.Messaging.Send", false},
		{extra, "Acme.Billing.X", true},
	} {
		if got := tt.r.IsOwn(tt.name); got != tt.want {
			t.Errorf("IsOwn(%q) = %v, want %v", tt.name, got, tt.want)
		}
	}
}
