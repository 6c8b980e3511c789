"""What the client azure-servicebus must be able to do with the emulator.

Environment: SERVICEBUS (connection string), CONTROL (where faults and the
clock are turned), CERTIFICATE (what the administration client has to trust).
"""

import datetime
import json
import os
import unittest
import urllib.request
import uuid

os.environ["REQUESTS_CA_BUNDLE"] = os.environ["CERTIFICATE"]

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError  # noqa: E402
from azure.servicebus import (  # noqa: E402
    NEXT_AVAILABLE_SESSION,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
)
from azure.servicebus.exceptions import (  # noqa: E402
    MessageLockLostError,
    MessagingEntityNotFoundError,
    ServiceBusError,
    SessionCannotBeLockedError,
)
from azure.servicebus.management import ServiceBusAdministrationClient, SqlRuleFilter  # noqa: E402

CONNECTION = os.environ["SERVICEBUS"]


def control(path, **body):
    request = urllib.request.Request(
        f"{os.environ['CONTROL']}/_control/servicebus/{path}", data=json.dumps(body).encode(), method="POST"
    )
    urllib.request.urlopen(request).read()


def bodies(messages):
    return [str(m) for m in messages]


class Client(unittest.TestCase):
    def setUp(self):
        self.client = ServiceBusClient.from_connection_string(CONNECTION, retry_total=2, retry_backoff_factor=0.1)
        self.addCleanup(self.client.close)

    def send(self, entity, *messages):
        with self.client.get_queue_sender(entity) as sender:
            for m in messages:
                sender.send_messages(m if not isinstance(m, str) else ServiceBusMessage(m))

    def receiver(self, entity="plain", **options):
        receiver = self.client.get_queue_receiver(entity, **options)
        self.addCleanup(receiver.close)
        return receiver

    def take(self, receiver, n):
        got = []
        while len(got) < n:
            more = receiver.receive_messages(max_message_count=n - len(got), max_wait_time=5)
            self.assertTrue(more, f"received {len(got)} of {n}")
            got += more
        return got

    def test_send_batch_peek_receive_and_complete(self):
        with self.client.get_queue_sender("plain") as sender:
            sender.send_messages(ServiceBusMessage("one", subject="s", application_properties={"n": 1, "t": "x"}))
            batch = sender.create_message_batch()
            batch.add_message(ServiceBusMessage("two"))
            batch.add_message(ServiceBusMessage("three"))
            sender.send_messages(batch)
        receiver = self.receiver()
        self.assertEqual(bodies(receiver.peek_messages(10)), ["one", "two", "three"])
        got = self.take(receiver, 3)
        self.assertEqual(got[0].subject, "s")
        self.assertEqual(got[0].application_properties, {b"n": 1, b"t": b"x"})
        for m in got:
            receiver.complete_message(m)
        self.assertEqual(receiver.peek_messages(1), [])

    def test_abandon_until_it_is_a_dead_letter(self):
        self.send("plain", "poison")
        receiver = self.receiver()
        for i in range(3):
            (m,) = self.take(receiver, 1)
            self.assertEqual(m.delivery_count, i)
            receiver.abandon_message(m)
        dead = self.receiver(sub_queue=ServiceBusSubQueue.DEAD_LETTER)
        (m,) = self.take(dead, 1)
        self.assertEqual(m.dead_letter_reason, "MaxDeliveryCountExceeded")
        dead.complete_message(m)

    def test_dead_letter_with_a_reason(self):
        self.send("plain", "bad")
        receiver = self.receiver()
        (m,) = self.take(receiver, 1)
        receiver.dead_letter_message(m, reason="why", error_description="because")
        dead = self.receiver(sub_queue=ServiceBusSubQueue.DEAD_LETTER)
        (m,) = self.take(dead, 1)
        self.assertEqual((m.dead_letter_reason, m.dead_letter_error_description), ("why", "because"))
        dead.complete_message(m)

    def test_defer_and_receive_by_number(self):
        self.send("plain", "later")
        receiver = self.receiver()
        (m,) = self.take(receiver, 1)
        receiver.defer_message(m)
        (m,) = receiver.receive_deferred_messages(m.sequence_number)
        self.assertEqual(str(m), "later")
        receiver.complete_message(m)

    def test_schedule_and_cancel(self):
        tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        with self.client.get_queue_sender("plain") as sender:
            keep, cancel = sender.schedule_messages([ServiceBusMessage("keep"), ServiceBusMessage("cancel")], tomorrow)
            sender.cancel_scheduled_messages(cancel)
            self.assertEqual(bodies(self.receiver().peek_messages(10)), ["keep"])
            sender.cancel_scheduled_messages(keep)

    def test_locks_are_renewed_and_lost(self):
        self.send("plain", "locked")
        receiver = self.receiver()
        (m,) = self.take(receiver, 1)
        before = m.locked_until_utc
        control("clock", advance="5s")
        self.assertGreater(receiver.renew_message_lock(m), before)
        control("clock", advance="2m")
        with self.assertRaises(MessageLockLostError):
            receiver.renew_message_lock(m)
        (m,) = self.take(receiver, 1)
        self.assertEqual(m.delivery_count, 1)
        receiver.complete_message(m)

    def test_receive_and_delete(self):
        self.send("plain", "a", "b")
        receiver = self.receiver(receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE)
        self.assertEqual(bodies(self.take(receiver, 2)), ["a", "b"])
        self.assertEqual(receiver.peek_messages(1), [])

    def test_duplicates_are_dropped(self):
        same = str(uuid.uuid4())
        self.send("unique", ServiceBusMessage("1", message_id=same), ServiceBusMessage("2", message_id=same))
        receiver = self.receiver("unique")
        self.assertEqual(bodies(receiver.peek_messages(10)), ["1"])

    def test_forwarding(self):
        self.send("first", "through")
        receiver = self.receiver("last")
        (m,) = self.take(receiver, 1)
        self.assertEqual(str(m), "through")
        receiver.complete_message(m)

    def test_sessions(self):
        self.send("sessions", *(ServiceBusMessage(b, session_id=b[0]) for b in ("a1", "b1", "a2", "b2")))
        a = self.receiver("sessions", session_id="a")
        self.assertEqual(bodies(self.take(a, 2)), ["a1", "a2"])
        following = self.receiver("sessions", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=5)
        with following:
            self.assertEqual(following.session.session_id, "b")
        self.assertFalse(a.session.get_state())
        a.session.set_state("half way")
        self.assertEqual(a.session.get_state(), b"half way")
        before = a.session.locked_until_utc
        control("clock", advance="5s")
        self.assertGreater(a.session.renew_lock(), before)
        with self.assertRaises(SessionCannotBeLockedError):
            with self.receiver("sessions", session_id="a") as other:
                other.receive_messages(max_wait_time=1)
        a.close()
        for session in ("a", "b"):
            with self.receiver("sessions", session_id=session) as again:
                for m in self.take(again, 2):
                    again.complete_message(m)

    def test_a_refused_send_is_said_at_once(self):
        with self.assertRaisesRegex(ServiceBusError, "SessionId"):
            self.send("sessions", "no session")
        with self.assertRaises(MessagingEntityNotFoundError):
            self.send("nowhere", "x")

    def test_a_dropped_connection_and_a_detached_link_are_made_again(self):
        with self.client.get_queue_sender("plain") as sender:
            sender.send_messages(ServiceBusMessage("1"))
            control("faults", kind="drop", times=1)
            sender.send_messages(ServiceBusMessage("2"))
            control("faults", kind="detachForced", entity="plain", times=1)
            sender.send_messages(ServiceBusMessage("3"))
        receiver = self.receiver()
        got = self.take(receiver, 3)
        self.assertEqual(sorted(bodies(got)), ["1", "2", "3"])
        for m in got:
            receiver.complete_message(m)

    def test_administration(self):
        with ServiceBusAdministrationClient.from_connection_string(CONNECTION) as admin:
            made = admin.create_queue("made", max_delivery_count=7, lock_duration=datetime.timedelta(minutes=2))
            self.assertEqual((made.max_delivery_count, made.lock_duration), (7, datetime.timedelta(minutes=2)))
            with self.assertRaises(ResourceExistsError):
                admin.create_queue("made")
            made.max_delivery_count = 8
            admin.update_queue(made)
            self.assertEqual(admin.get_queue("made").max_delivery_count, 8)
            self.send("made", "x")
            self.assertEqual(admin.get_queue_runtime_properties("made").active_message_count, 1)
            for i in range(120):  # more than a page
                admin.create_queue(f"many{i}")
            names = {q.name for q in admin.list_queues()}
            self.assertTrue({f"many{i}" for i in range(120)} | {"made", "plain"} <= names)
            admin.delete_queue("made")
            with self.assertRaises(ResourceNotFoundError):
                admin.get_queue("made")
            admin.create_topic("topic")
            admin.create_subscription("topic", "sub", forward_to="last")
            admin.create_rule("topic", "sub", "r", filter=SqlRuleFilter("a = 1"))
            self.assertEqual({r.name for r in admin.list_rules("topic", "sub")}, {"$Default", "r"})
            admin.delete_topic("topic")


if __name__ == "__main__":
    unittest.main(verbosity=2)
