-- Made by make.py.txt beside this file, at the end of the first issue (47f047f). Not written by hand.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE approvals (
	id TEXT NOT NULL, 
	conversation TEXT NOT NULL, 
	ticket TEXT NOT NULL, 
	request TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	language TEXT NOT NULL, 
	intent TEXT NOT NULL, 
	caller TEXT NOT NULL, 
	quote TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	state TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	decided_at TEXT, 
	decided_by TEXT, 
	reason TEXT, 
	CONSTRAINT pk_approvals PRIMARY KEY (id), 
	CONSTRAINT ck_approvals_state_is_known CHECK (state IN ('waiting', 'accepted', 'rejected', 'expired')), 
	CONSTRAINT uq_approvals_ticket UNIQUE (ticket, request)
)
 STRICT

;
INSERT INTO "approvals" VALUES('A-89e297ed','c5','t6','R1','email','en','cancel_order','{"level":4,"email":"ana@example.com","customer":"ana","name":"Ana Lee","proof":"proven by email"}','{"action":"cancel_order","order_id":"import:1008","order_number":"#1008","amount":{"minor":2000,"currency":"EUR"},"lines":[{"line_id":"import:1008:1","name":"Shirt","quantity":1,"amount":{"minor":2000,"currency":"EUR"}}],"reason":"","ruling":{"rule":"CAN-1","allowed":true,"code":"allowed","until":null,"needs_person":false},"address":null,"fee":null,"return_id":null}','ae8b994b64d7f5c3c61aaa29f4f7675d8a3d1a0d9616dbbd33ab833406dddf94','accepted','2026-11-20T13:00:00+00:00','2026-11-23T13:00:00+00:00','2026-11-20T13:00:00+00:00','mia','');
INSERT INTO "approvals" VALUES('A-95e11c18','c7','t8','R1','email','en','cancel_order','{"level":4,"email":"ana@example.com","customer":"ana","name":"Ana Lee","proof":"proven by email"}','{"action":"cancel_order","order_id":"import:1009","order_number":"#1009","amount":{"minor":2000,"currency":"EUR"},"lines":[{"line_id":"import:1009:1","name":"Shirt","quantity":1,"amount":{"minor":2000,"currency":"EUR"}}],"reason":"","ruling":{"rule":"CAN-1","allowed":true,"code":"allowed","until":null,"needs_person":false},"address":null,"fee":null,"return_id":null}','5a52a296792e121731df132885096802dc8498bba3cab0f4926f8be726c9cded','waiting','2026-11-20T13:00:00+00:00','2026-11-23T13:00:00+00:00',NULL,NULL,NULL);
CREATE TABLE commands (
	"key" TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	command TEXT NOT NULL, 
	order_id TEXT, 
	result TEXT NOT NULL, 
	at TEXT NOT NULL, 
	CONSTRAINT pk_commands PRIMARY KEY ("key")
)
 STRICT

;
INSERT INTO "commands" VALUES('place-W1','d7aa35b2bb0cae9a7c1e68c86c0e773bb718ca37bb5fda698473427798d8c9be','place','web:W1','{"order": "web:W1", "reasons": []}','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "commands" VALUES('place-W2','59420d9036348da4bbd48da151a7de1d029baaa70cd896ace1bd377c74b7189b','place','web:W2','{"order": "web:W2", "reasons": []}','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "commands" VALUES('place-W3','f46ab95ba2adbd3a05d2666c8f510faaaaa9acd8c8e4a1dd81141c07c080593b','place','web:W3','{"order": "web:W3", "reasons": []}','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "commands" VALUES('start','9af1cd20a0f235edadeeb1cdd26a2b73c6756d47fbf653878b4cc20728d3c212','start_fulfilment','web:W1','{}','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "commands" VALUES('ship','a7974f4b8bc062f998b160ea7dcfd32985d3e59a652b1f9da9c8059db59d119d','ship','web:W1','{"parcel": "web:W1:parcel:1"}','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "commands" VALUES('web:W3:cancel_order','918700585e05a19027d8579277ff177f4645c5b800076f43ce6104dedabe5c94','cancel_order','web:W3','{"quote": {"action": "cancel_order", "address": null, "amount": {"currency": "EUR", "minor": 2590}, "fee": null, "lines": [{"amount": {"currency": "EUR", "minor": 2100}, "line_id": "web:W3:1", "name": "Stoneware mug (blue)", "quantity": 2}], "order_id": "web:W3", "order_number": "W3", "reason": "changed my mind", "return_id": null, "ruling": {"allowed": true, "code": "allowed", "needs_person": false, "rule": "CAN-1", "until": null}}, "reference": "web:W3:refund:1", "result": "done", "ruling": {"allowed": true, "code": "allowed", "needs_person": false, "rule": "CAN-1", "until": null}, "settled": false}','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "commands" VALUES('import:1004:request_return','4a1f04ee1099caf95598960992aaa3e5e47b720905f4595b21f1a62fd05c1462','request_return','import:1004','{"quote": {"action": "request_return", "address": null, "amount": {"currency": "EUR", "minor": 5000}, "fee": null, "lines": [{"amount": {"currency": "EUR", "minor": 5000}, "line_id": "import:1004:1", "name": "Lamp", "quantity": 1}], "order_id": "import:1004", "order_number": "#1004", "reason": "too large", "return_id": null, "ruling": {"allowed": true, "code": "allowed", "needs_person": false, "rule": "RET-2", "until": "2026-12-16T12:00:00Z"}}, "reference": "RMA-1004-1", "result": "done", "ruling": {"allowed": true, "code": "allowed", "needs_person": false, "rule": "RET-2", "until": "2026-12-16T12:00:00Z"}, "settled": true}','2026-11-20T13:00:00.000000+00:00');
INSERT INTO "commands" VALUES('receive','a563abe97aec215d577bcdaf6e63e43bea12673a8847b093a19ef721ab0a617a','receive_return',NULL,'{}','2026-11-20T13:00:00.000000+00:00');
INSERT INTO "commands" VALUES('inspect','8ab804f40919d52873de9dc9ffabcfb3d224e311e3b424a0bc43574fdb6cdccf','inspect_return',NULL,'{}','2026-11-20T13:00:00.000000+00:00');
INSERT INTO "commands" VALUES('approval:A-89e297ed','7ba6b6f71794c0ce93aa3f882f91f38a0c1fcc4ea6d335d2eab44ec9fb35ffba','cancel_order','import:1008','{"quote": {"action": "cancel_order", "address": null, "amount": {"currency": "EUR", "minor": 2000}, "fee": null, "lines": [{"amount": {"currency": "EUR", "minor": 2000}, "line_id": "import:1008:1", "name": "Shirt", "quantity": 1}], "order_id": "import:1008", "order_number": "#1008", "reason": "", "return_id": null, "ruling": {"allowed": true, "code": "allowed", "needs_person": false, "rule": "CAN-1", "until": null}}, "reference": "import:1008:refund:1", "result": "done", "ruling": {"allowed": true, "code": "allowed", "needs_person": false, "rule": "CAN-1", "until": null}, "settled": false}','2026-11-20T13:00:00.000000+00:00');
INSERT INTO "commands" VALUES('return-mug','b76626b0ccaaa6107af8a3d66f1cf5253f8be47cf1bb70433c7087dc2353e131','request_return','import:1003','{"quote": {"action": "request_return", "address": null, "amount": {"currency": "EUR", "minor": 1050}, "fee": null, "lines": [{"amount": {"currency": "EUR", "minor": 1050}, "line_id": "import:1003:2", "name": "Mug", "quantity": 1}], "order_id": "import:1003", "order_number": "#1003", "reason": "broken", "return_id": null, "ruling": {"allowed": true, "code": "allowed", "needs_person": false, "rule": "RET-2", "until": "2026-12-17T12:00:00Z"}}, "reference": "RMA-1003-1", "result": "done", "ruling": {"allowed": true, "code": "allowed", "needs_person": false, "rule": "RET-2", "until": "2026-12-17T12:00:00Z"}, "settled": true}','2026-11-20T13:05:00.000000+00:00');
INSERT INTO "commands" VALUES('receive-mug','ca04d450f09cc500c6f0c104acf984f3c2c7f31eb452943212f2987c843a55ed','receive_return',NULL,'{}','2026-11-20T13:05:00.000000+00:00');
INSERT INTO "commands" VALUES('inspect-mug','c95d9b306e7676c7e356be9607802ff463c55ff63c3f250fbc9a1518ee29a7b4','inspect_return',NULL,'{}','2026-11-20T13:05:00.000000+00:00');
INSERT INTO "commands" VALUES('refund-mug','15e271687c7064c8512b05edee80dc8bd7e5fba632f323614fdd586bb6d26e43','refund','import:1003','{"quote": {"action": "refund", "address": null, "amount": {"currency": "EUR", "minor": 1050}, "fee": null, "lines": [{"amount": {"currency": "EUR", "minor": 1050}, "line_id": "import:1003:2", "name": "Mug", "quantity": 1}], "order_id": "import:1003", "order_number": "#1003", "reason": "", "return_id": "import:1003:return:1", "ruling": {"allowed": true, "code": "allowed", "needs_person": false, "rule": "REF-1", "until": null}}, "reference": "import:1003:refund:1", "result": "done", "ruling": {"allowed": true, "code": "allowed", "needs_person": false, "rule": "REF-1", "until": null}, "settled": false}','2026-11-20T13:05:00.000000+00:00');
CREATE TABLE conversations (
	id TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	language TEXT, 
	with_person INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	turns INTEGER NOT NULL, 
	updated_at TEXT NOT NULL, 
	CONSTRAINT pk_conversations PRIMARY KEY (id), 
	CONSTRAINT ck_conversations_with_person_is_a_flag CHECK (with_person IN (0, 1))
)
 STRICT

;
INSERT INTO "conversations" VALUES('t1','email','en',0,'{"question": null, "asked": {}, "proposals": []}',1,'2026-11-20T13:00:00+00:00');
INSERT INTO "conversations" VALUES('t2','email','en',0,'{"question": null, "asked": {}, "proposals": []}',1,'2026-11-20T13:00:00+00:00');
INSERT INTO "conversations" VALUES('t3','email','en',1,'{"question": null, "asked": {}, "proposals": []}',1,'2026-11-20T13:00:00+00:00');
INSERT INTO "conversations" VALUES('c4','email','en',0,'{"question": null, "asked": {"CNF-1": 0}, "proposals": [{"tool": "cancel_order", "arguments": {"order": "#1001", "reason": ""}, "digest": "c94cc99f47a0768a8437c5b6783520428f3ca72f3dd9ed3d7c920f74ae141f07", "intent": "cancel_order", "expires_at": "2026-11-23T13:00:00+00:00", "turn": 1}]}',1,'2026-11-20T13:00:00+00:00');
INSERT INTO "conversations" VALUES('c5','email','en',0,'{"question": null, "asked": {}, "proposals": []}',3,'2026-11-20T13:00:00+00:00');
INSERT INTO "conversations" VALUES('c7','email','en',0,'{"question": null, "asked": {}, "proposals": []}',2,'2026-11-20T13:00:00+00:00');
INSERT INTO "conversations" VALUES('c9','email','en',0,'{"question": "order_status", "asked": {"SCP-1": 1}, "proposals": []}',1,'2026-11-20T13:00:00+00:00');
INSERT INTO "conversations" VALUES('c10','email','fr',0,'{"question": null, "asked": {"CNF-1": 0}, "proposals": [{"tool": "request_return", "arguments": {"order": "#1003", "reason": "", "lines": {}}, "digest": "1ec309cb0db7528950d40b8f9869f9754e0e7e7bfd1b893a07435bf56130d679", "intent": "return_request", "expires_at": "2026-11-23T13:00:00+00:00", "turn": 1}]}',1,'2026-11-20T13:00:00+00:00');
CREATE TABLE customers (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	email TEXT NOT NULL, 
	email_folded TEXT NOT NULL, 
	phone TEXT, 
	language TEXT, 
	address TEXT, 
	CONSTRAINT pk_customers PRIMARY KEY (id), 
	CONSTRAINT uq_customers_email_folded UNIQUE (email_folded)
)
 STRICT

;
INSERT INTO "customers" VALUES('ana','Ana Lee','ana@example.com','ana@example.com',NULL,'en','{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}');
INSERT INTO "customers" VALUES('bob','Bob Ray','bob@example.com','bob@example.com',NULL,'en','{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}');
CREATE TABLE events (
	order_id TEXT NOT NULL, 
	sequence INTEGER NOT NULL, 
	type TEXT NOT NULL, 
	at TEXT NOT NULL, 
	recorded_at TEXT NOT NULL, 
	actor_kind TEXT NOT NULL, 
	actor_id TEXT NOT NULL, 
	reconstructed INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (order_id, sequence), 
	CONSTRAINT fk_events_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
)
 STRICT

;
INSERT INTO "events" VALUES('import:1001',1,'order.placed','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{}');
INSERT INTO "events" VALUES('import:1001',2,'payment.captured','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{"amount": "44.23", "method": "credit_card"}');
INSERT INTO "events" VALUES('import:1002',1,'order.placed','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{}');
INSERT INTO "events" VALUES('import:1002',2,'payment.captured','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{"amount": "20.00", "method": "credit_card"}');
INSERT INTO "events" VALUES('import:1002',3,'fulfillment.started','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{}');
INSERT INTO "events" VALUES('import:1002',4,'shipment.in_transit','2026-11-18T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{"place": "Lyon", "tracking": "700000000001"}');
INSERT INTO "events" VALUES('import:1003',1,'order.placed','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{}');
INSERT INTO "events" VALUES('import:1003',2,'payment.captured','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{"amount": "60.50", "method": "credit_card"}');
INSERT INTO "events" VALUES('import:1003',3,'fulfillment.started','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{}');
INSERT INTO "events" VALUES('import:1003',4,'shipment.handed_over','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{"place": "", "tracking": ""}');
INSERT INTO "events" VALUES('import:1003',5,'shipment.delivered','2026-11-17T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{"place": "", "tracking": ""}');
INSERT INTO "events" VALUES('import:1004',1,'order.placed','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{}');
INSERT INTO "events" VALUES('import:1004',2,'payment.captured','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{"amount": "100.00", "method": "credit_card"}');
INSERT INTO "events" VALUES('import:1004',3,'fulfillment.started','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{}');
INSERT INTO "events" VALUES('import:1004',4,'shipment.handed_over','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{"place": "", "tracking": ""}');
INSERT INTO "events" VALUES('import:1004',5,'shipment.delivered','2026-11-16T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{"place": "", "tracking": ""}');
INSERT INTO "events" VALUES('import:1005',1,'order.placed','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{}');
INSERT INTO "events" VALUES('import:1005',2,'payment.captured','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{"amount": "20.00", "method": "credit_card"}');
INSERT INTO "events" VALUES('import:1005',3,'refund.succeeded','2026-11-15T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{"amount": "20.00", "method": "credit_card"}');
INSERT INTO "events" VALUES('import:1005',4,'order.cancelled','2026-11-15T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{}');
INSERT INTO "events" VALUES('import:1006',1,'order.placed','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{}');
INSERT INTO "events" VALUES('import:1006',2,'payment.captured','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{"amount": "20.00", "method": "gift_card"}');
INSERT INTO "events" VALUES('import:1006',3,'fulfillment.started','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{}');
INSERT INTO "events" VALUES('import:1007',1,'order.placed','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{}');
INSERT INTO "events" VALUES('import:1008',1,'order.placed','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{}');
INSERT INTO "events" VALUES('import:1008',2,'payment.captured','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{"amount": "20.00", "method": "credit_card"}');
INSERT INTO "events" VALUES('import:1009',1,'order.placed','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',0,'{}');
INSERT INTO "events" VALUES('import:1009',2,'payment.captured','2026-11-10T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','import','file',1,'{"amount": "20.00", "method": "credit_card"}');
INSERT INTO "events" VALUES('web:W1',1,'order.placed','2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','person','lead',0,'{"channel": "web"}');
INSERT INTO "events" VALUES('web:W1',2,'payment.captured','2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','person','lead',0,'{}');
INSERT INTO "events" VALUES('web:W2',1,'order.placed','2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','person','lead',0,'{"channel": "web"}');
INSERT INTO "events" VALUES('web:W3',1,'order.placed','2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','person','lead',0,'{"channel": "web"}');
INSERT INTO "events" VALUES('web:W3',2,'payment.captured','2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','person','lead',0,'{}');
INSERT INTO "events" VALUES('web:W1',3,'fulfillment.started','2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','person','lead',0,'{}');
INSERT INTO "events" VALUES('web:W1',4,'shipment.handed_over','2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','person','lead',0,'{"carrier": "DHL", "tracking": "700000000002"}');
INSERT INTO "events" VALUES('web:W1',5,'shipment.delivered','2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','system','carrier',0,'{"place": "Lyon", "tracking": "700000000002"}');
INSERT INTO "events" VALUES('web:W3',3,'order.cancelled','2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','person','lead',0,'{"key": "web:W3:cancel_order", "reason": "changed my mind"}');
INSERT INTO "events" VALUES('web:W3',4,'refund.approved','2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','person','lead',0,'{"amount": 2590, "key": "web:W3:cancel_order", "refund": "web:W3:refund:1"}');
INSERT INTO "events" VALUES('import:1004',6,'return.requested','2026-11-20T13:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00','person','lead',0,'{"key": "import:1004:request_return", "reason": "too large", "return": "RMA-1004-1"}');
INSERT INTO "events" VALUES('import:1004',7,'return.approved','2026-11-20T13:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00','person','lead',0,'{"return": "RMA-1004-1"}');
INSERT INTO "events" VALUES('import:1004',8,'return.received','2026-11-20T13:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00','person','lead',0,'{"return": "import:1004:return:1", "units": {"import:1004:1": 1}}');
INSERT INTO "events" VALUES('import:1004',9,'return.inspected','2026-11-20T13:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00','person','lead',0,'{"accepted": {"import:1004:1": 1}, "return": "import:1004:return:1"}');
INSERT INTO "events" VALUES('import:1008',3,'order.cancelled','2026-11-20T13:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00','person','mia',0,'{"key": "approval:A-89e297ed", "reason": ""}');
INSERT INTO "events" VALUES('import:1008',4,'refund.approved','2026-11-20T13:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00','person','mia',0,'{"amount": 2000, "key": "approval:A-89e297ed", "refund": "import:1008:refund:1"}');
INSERT INTO "events" VALUES('web:W3',5,'refund.succeeded','2026-11-20T13:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00','system','payments',0,'{"refund": "web:W3:refund:1"}');
INSERT INTO "events" VALUES('import:1008',5,'refund.succeeded','2026-11-20T13:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00','system','payments',0,'{"refund": "import:1008:refund:1"}');
INSERT INTO "events" VALUES('import:1003',6,'return.requested','2026-11-20T13:05:00.000000+00:00','2026-11-20T13:05:00.000000+00:00','person','lead',0,'{"key": "return-mug", "reason": "broken", "return": "RMA-1003-1"}');
INSERT INTO "events" VALUES('import:1003',7,'return.approved','2026-11-20T13:05:00.000000+00:00','2026-11-20T13:05:00.000000+00:00','person','lead',0,'{"return": "RMA-1003-1"}');
INSERT INTO "events" VALUES('import:1003',8,'return.received','2026-11-20T13:05:00.000000+00:00','2026-11-20T13:05:00.000000+00:00','person','lead',0,'{"return": "import:1003:return:1", "units": {"import:1003:2": 1}}');
INSERT INTO "events" VALUES('import:1003',9,'return.inspected','2026-11-20T13:05:00.000000+00:00','2026-11-20T13:05:00.000000+00:00','person','lead',0,'{"accepted": {"import:1003:2": 1}, "return": "import:1003:return:1"}');
INSERT INTO "events" VALUES('import:1003',10,'refund.approved','2026-11-20T13:05:00.000000+00:00','2026-11-20T13:05:00.000000+00:00','person','lead',0,'{"amount": 1050, "key": "refund-mug", "refund": "import:1003:refund:1"}');
CREATE TABLE fulfillment_orders (
	id TEXT NOT NULL, 
	order_id TEXT NOT NULL, 
	location_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	CONSTRAINT pk_fulfillment_orders PRIMARY KEY (id), 
	CONSTRAINT fk_fulfillment_orders_location_id FOREIGN KEY(location_id) REFERENCES locations (id), 
	CONSTRAINT fk_fulfillment_orders_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
)
 STRICT

;
INSERT INTO "fulfillment_orders" VALUES('import:1001:work:1','import:1001','main','open');
INSERT INTO "fulfillment_orders" VALUES('import:1002:work:1','import:1002','main','shipped');
INSERT INTO "fulfillment_orders" VALUES('import:1003:work:1','import:1003','main','shipped');
INSERT INTO "fulfillment_orders" VALUES('import:1004:work:1','import:1004','main','shipped');
INSERT INTO "fulfillment_orders" VALUES('import:1005:work:1','import:1005','main','cancelled');
INSERT INTO "fulfillment_orders" VALUES('import:1006:work:1','import:1006','main','in_progress');
INSERT INTO "fulfillment_orders" VALUES('import:1007:work:1','import:1007','main','open');
INSERT INTO "fulfillment_orders" VALUES('import:1008:work:1','import:1008','main','cancelled');
INSERT INTO "fulfillment_orders" VALUES('import:1009:work:1','import:1009','main','open');
INSERT INTO "fulfillment_orders" VALUES('web:W1:work:1','web:W1','main','shipped');
INSERT INTO "fulfillment_orders" VALUES('web:W2:work:1','web:W2','main','open');
INSERT INTO "fulfillment_orders" VALUES('web:W3:work:1','web:W3','main','cancelled');
CREATE TABLE inbox (
	source TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	conversation TEXT NOT NULL, 
	body TEXT NOT NULL, 
	received_at TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	due_at TEXT NOT NULL, 
	last_error TEXT, 
	CONSTRAINT pk_inbox PRIMARY KEY (source, "key"), 
	CONSTRAINT ck_inbox_state_is_known CHECK (state IN ('new', 'done', 'dead'))
)
 STRICT

;
CREATE TABLE journal (
	conversation TEXT NOT NULL, 
	sequence INTEGER NOT NULL, 
	ticket TEXT NOT NULL, 
	at TEXT NOT NULL, 
	body TEXT NOT NULL, 
	commitment TEXT NOT NULL, 
	previous TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_journal PRIMARY KEY (conversation, sequence), 
	CONSTRAINT uq_journal_ticket UNIQUE (ticket)
)
 STRICT

;
INSERT INTO "journal" VALUES('t1',1,'t1','2026-11-20T13:00:00+00:00','{"actions":[],"approvals":[],"channel":"email","check":[],"citations":[],"customer":"ana","decided":null,"disposition":"answered","facts":[{"id":"F1","kind":"order","source":"order #1002"}],"handoff":null,"identity":"authenticated","kind":"message","language":"en","mode":"sent","mood":"neutral","policy":"79c1d237a6df","refusals":[],"requests":[{"confidence":1.0,"disposition":"answered","in_scope":true,"intent":"order_status","rule":"STA-1"}],"rules":["STA-1"]}','3a8fa42ae519f5157c2ba7ed53f3a5f14026547d1733556016118af2d11cad98','0000000000000000000000000000000000000000000000000000000000000000','e7afe4ee3346deceff28bd308dcab8cd6c1969121febe7b4d760c3082b289a15');
INSERT INTO "journal" VALUES('t2',1,'t2','2026-11-20T13:00:00+00:00','{"actions":[],"approvals":[],"channel":"email","check":[],"citations":["return-window.md"],"customer":"ana","decided":null,"disposition":"answered","facts":[{"id":"F1","kind":"passage","source":"return-window.md"}],"handoff":null,"identity":"authenticated","kind":"message","language":"en","mode":"sent","mood":"neutral","policy":"79c1d237a6df","refusals":[],"requests":[{"confidence":1.0,"disposition":"answered","in_scope":true,"intent":"return_policy","rule":"KNO-1"}],"rules":["KNO-1"]}','9288101322d15a717c388735c68e2d647a4c37e20a06dc8b8e871a04a45b5b79','0000000000000000000000000000000000000000000000000000000000000000','c8505667be29e44ada8ec9d83a823dfc6261aac20ffb87ae4b569965b9ace999');
INSERT INTO "journal" VALUES('t3',1,'t3','2026-11-20T13:00:00+00:00','{"actions":[],"approvals":[],"channel":"email","check":[],"citations":[],"customer":"ana","decided":null,"disposition":"handed_off","facts":[],"handoff":{"reason":"asked_for_person","team":"support"},"identity":"authenticated","kind":"message","language":"en","mode":"sent","mood":"neutral","policy":"79c1d237a6df","refusals":[],"requests":[{"confidence":1.0,"disposition":"handed_off","in_scope":true,"intent":"talk_to_human","rule":"HND-1"}],"rules":["HND-1"]}','24e32510ceda8730ea75479ada6a303dab8c1b776ca5f237c0506c889be9b479','0000000000000000000000000000000000000000000000000000000000000000','51169dff9c7f476a52ad2f4910fdd3dfd4ca689e5ae02e96787a86fea28e4a5c');
INSERT INTO "journal" VALUES('c4',1,'t4','2026-11-20T13:00:00+00:00','{"actions":[{"action":"cancel_order","amount":"44.23","currency":"EUR","order_id":"#1001","status":"proposed"}],"approvals":[],"channel":"email","check":[],"citations":[],"customer":"ana","decided":null,"disposition":"asked","facts":[{"id":"F1","kind":"order","source":"order #1001"}],"handoff":null,"identity":"authenticated","kind":"message","language":"en","mode":"sent","mood":"neutral","policy":"79c1d237a6df","refusals":[],"requests":[{"confidence":1.0,"disposition":"asked","in_scope":true,"intent":"cancel_order","rule":"CNF-1"}],"rules":["CNF-1","CAN-1"]}','ff465ae663b288fdcb1b6c117e9ebb22372a1f0849a2d2b771edad73b9513cf0','0000000000000000000000000000000000000000000000000000000000000000','40b7b10b726c3451e27815b073562fbbf8c2f5c056132e966775cbbad6070c56');
INSERT INTO "journal" VALUES('c5',1,'t5','2026-11-20T13:00:00+00:00','{"actions":[{"action":"cancel_order","amount":"20.00","currency":"EUR","order_id":"#1008","status":"proposed"}],"approvals":[],"channel":"email","check":[],"citations":[],"customer":"ana","decided":null,"disposition":"asked","facts":[{"id":"F1","kind":"order","source":"order #1008"}],"handoff":null,"identity":"authenticated","kind":"message","language":"en","mode":"sent","mood":"neutral","policy":"79c1d237a6df","refusals":[],"requests":[{"confidence":1.0,"disposition":"asked","in_scope":true,"intent":"cancel_order","rule":"CNF-1"}],"rules":["CNF-1","CAN-1"]}','032d30c6d888a5fb981ab815e468ab61c4d5429cc75ddb7c01af134549003860','0000000000000000000000000000000000000000000000000000000000000000','47ba31711ccab0aae770a1ac9da1e45b75174de4e3ff7171360f6644ac226496');
INSERT INTO "journal" VALUES('c5',2,'t6','2026-11-20T13:00:00+00:00','{"actions":[{"action":"cancel_order","amount":"20.00","currency":"EUR","order_id":"#1008","status":"queued"}],"approvals":["A-89e297ed"],"channel":"email","check":[],"citations":[],"customer":"ana","decided":null,"disposition":"queued","facts":[{"id":"F1","kind":"order","source":"order #1008"}],"handoff":null,"identity":"authenticated","kind":"message","language":"en","mode":"sent","mood":"neutral","policy":"79c1d237a6df","refusals":[],"requests":[{"confidence":1.0,"disposition":"queued","in_scope":true,"intent":"affirm","rule":"AUT-3"}],"rules":["AUT-3","CAN-1"]}','d2a284e006afe322927ccad4cf6ed22e1eb0843600d5bd31a0e765e35d7fce5f','47ba31711ccab0aae770a1ac9da1e45b75174de4e3ff7171360f6644ac226496','f168efc18fa4fc923071c63bb531e60681b166ba7c3aca3d908f0bad05e5f676');
INSERT INTO "journal" VALUES('c7',1,'t7','2026-11-20T13:00:00+00:00','{"actions":[{"action":"cancel_order","amount":"20.00","currency":"EUR","order_id":"#1009","status":"proposed"}],"approvals":[],"channel":"email","check":[],"citations":[],"customer":"ana","decided":null,"disposition":"asked","facts":[{"id":"F1","kind":"order","source":"order #1009"}],"handoff":null,"identity":"authenticated","kind":"message","language":"en","mode":"sent","mood":"neutral","policy":"79c1d237a6df","refusals":[],"requests":[{"confidence":1.0,"disposition":"asked","in_scope":true,"intent":"cancel_order","rule":"CNF-1"}],"rules":["CNF-1","CAN-1"]}','4b1167819dc8527eca9430e549bfc2f0b2e859480976743ffbd6ec39f9262b4a','0000000000000000000000000000000000000000000000000000000000000000','564883b25ef50df68e3e3fd2f4bfe7d9e868843b31cc248d930b7752ce915555');
INSERT INTO "journal" VALUES('c7',2,'t8','2026-11-20T13:00:00+00:00','{"actions":[{"action":"cancel_order","amount":"20.00","currency":"EUR","order_id":"#1009","status":"queued"}],"approvals":["A-95e11c18"],"channel":"email","check":[],"citations":[],"customer":"ana","decided":null,"disposition":"queued","facts":[{"id":"F1","kind":"order","source":"order #1009"}],"handoff":null,"identity":"authenticated","kind":"message","language":"en","mode":"sent","mood":"neutral","policy":"79c1d237a6df","refusals":[],"requests":[{"confidence":1.0,"disposition":"queued","in_scope":true,"intent":"affirm","rule":"AUT-3"}],"rules":["AUT-3","CAN-1"]}','840b00c96173e1f54f7a6c1e00fdc19e2ee5429f8054e9dd436a3ee498ce571c','564883b25ef50df68e3e3fd2f4bfe7d9e868843b31cc248d930b7752ce915555','eecbcca8193b71619212a25299978051a9110856e6ce6679063cb5e97a1b3d70');
INSERT INTO "journal" VALUES('c9',1,'t9','2026-11-20T13:00:00+00:00','{"actions":[],"approvals":[],"channel":"email","check":[],"citations":[],"customer":"bob","decided":null,"disposition":"asked","facts":[],"handoff":null,"identity":"authenticated","kind":"message","language":"en","mode":"sent","mood":"neutral","policy":"79c1d237a6df","refusals":[{"rule":"SCP-1","tool":"read_order"}],"requests":[{"confidence":0.913,"disposition":"asked","in_scope":true,"intent":"order_status","rule":"SCP-1"}],"rules":["SCP-1"]}','bd6bce600540044c5f9df53043bee19879f12c86675ed158cf693d7ae6908ce8','0000000000000000000000000000000000000000000000000000000000000000','ba06ca86626d495eb52b1a86081112caea019a8c2cfe1c632a715a989324be0f');
INSERT INTO "journal" VALUES('c10',1,'t10','2026-11-20T13:00:00+00:00','{"actions":[{"action":"request_return","amount":"60.50","currency":"EUR","order_id":"#1003","status":"proposed"}],"approvals":[],"channel":"email","check":[],"citations":[],"customer":"ana","decided":null,"disposition":"asked","facts":[{"id":"F1","kind":"order","source":"order #1003"}],"handoff":null,"identity":"authenticated","kind":"message","language":"fr","mode":"sent","mood":"neutral","policy":"79c1d237a6df","refusals":[],"requests":[{"confidence":0.999,"disposition":"asked","in_scope":true,"intent":"return_request","rule":"CNF-1"}],"rules":["CNF-1","RET-2"]}','053825b014f552621927c58309dd7f98540546bd365697feed25ca7825614cfa','0000000000000000000000000000000000000000000000000000000000000000','2a1addf9a3a701ceb9e75ecd0181278c1e7130a48050d2025b27dec411d11b15');
INSERT INTO "journal" VALUES('c5',3,'A-89e297ed:decision','2026-11-20T13:00:00+00:00','{"actions":[{"action":"cancel_order","amount":"20.00","currency":"EUR","order_id":"#1008","status":"done"}],"approvals":[],"channel":"email","check":[],"citations":[],"customer":"ana","decided":{"accepted":true,"approval":"A-89e297ed","by":"mia","reason":""},"disposition":"acted","facts":[],"handoff":null,"identity":"authenticated","kind":"decision","language":"en","mode":"sent","mood":"neutral","policy":"79c1d237a6df","refusals":[],"requests":[{"confidence":1.0,"disposition":"acted","in_scope":true,"intent":"cancel_order","rule":"APR-1"}],"rules":["APR-1","CAN-1"]}','f467c5d26bf5aa9eeebc91d43c10fe363a97879f9c7c87908c84cdfda62f1e35','f168efc18fa4fc923071c63bb531e60681b166ba7c3aca3d908f0bad05e5f676','d5cc0c47394513b571ee004fd2bff6aacf268a0abc3272a84e452e34f7806ca5');
CREATE TABLE journal_private (
	conversation TEXT NOT NULL, 
	sequence INTEGER NOT NULL, 
	salt TEXT NOT NULL, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_journal_private PRIMARY KEY (conversation, sequence)
)
 STRICT

;
INSERT INTO "journal_private" VALUES('t1',1,'5bc9fdd99af7854ce333fc47b5cd1d35','{"answer":{"actions":[],"approvals":[],"citations":[],"conversation":"t1","disposition":"answered","handoff":null,"id":"t1","intents":["order_status"],"language":"en","mode":"sent","note":"","reply":"Hello Ana,\n\nYour order #1002 is on its way. It was shipped on November 18, 2026. The carrier is DHL. Tracking number: 700000000001. Last scan: November 18, 2026. The last scan was in Lyon. Expected delivery: November 22, 2026.\n\nWismo, the AI assistant of Our shop. Write \"person\" at any time and a colleague takes over.","requests":[{"disposition":"answered","intent":"order_status","rule":"STA-1"}],"rules":["STA-1"]},"asked":["Where is my order #1234?"],"email":"ana@example.com","facts":{"F1":{"address":{"city":"Lyon","country":"FR","line1":"8 rue Pasteur","line2":"","postcode":"69007","state":""},"carrier":"DHL","city":"Lyon","items":["Shirt"],"number":"#1002","paid":{"currency":"EUR","minor":2000},"placed":"2026-11-10T12:00:00Z","promised":"2026-11-22T12:00:00Z","scan":"2026-11-18T12:00:00Z","scan_place":"Lyon","shipped":"2026-11-18T12:00:00Z","status":{"key":"status.shipped"},"total":{"currency":"EUR","minor":2000},"tracking":"700000000001"}},"subject":"","text":"Where is my order #1002?"}');
INSERT INTO "journal_private" VALUES('t2',1,'68088f3e11b01f6336ac55bc6a5cddaa','{"answer":{"actions":[],"approvals":[],"citations":["return-window.md"],"conversation":"t2","disposition":"answered","handoff":null,"id":"t2","intents":["return_policy"],"language":"en","mode":"sent","note":"","reply":"Hello Ana,\n\nYou may return items within 30 days of delivery. Ask for a return number first and write it on the parcel.\n\n(From our help page: How long can I return something?)\n\nWismo, the AI assistant of Our shop. Write \"person\" at any time and a colleague takes over.","requests":[{"disposition":"answered","intent":"return_policy","rule":"KNO-1"}],"rules":["KNO-1"]},"asked":["How long can I return something?"],"email":"ana@example.com","facts":{"F1":{"heading":"Time to return","source":"return-window.md","text":"You may return items within 30 days of delivery. Ask for a return number first and write it on the parcel.","title":"How long can I return something?"}},"subject":"","text":"How long can I return something?"}');
INSERT INTO "journal_private" VALUES('t3',1,'f372e002810d0bc3c2b633391df9d38b','{"answer":{"actions":[],"approvals":[],"citations":[],"conversation":"t3","disposition":"handed_off","handoff":{"reason":"asked_for_person","team":"support"},"id":"t3","intents":["talk_to_human"],"language":"en","mode":"sent","note":"Customer: Ana Lee (proven: proven by email)\nLanguage en, mood neutral, urgency normal\nWants: talk_to_human (100% sure)\nHanded over because: asked_for_person (rule HND-1)\nMessage: I want to talk to a human","reply":"Hello Ana,\n\nI am passing you to a colleague, who has the whole conversation and will answer you here.\n\nWismo, the AI assistant of Our shop. Write \"person\" at any time and a colleague takes over.","requests":[{"disposition":"handed_off","intent":"talk_to_human","rule":"HND-1"}],"rules":["HND-1"]},"asked":["I want to talk to a human"],"email":"ana@example.com","facts":{},"subject":"","text":"I want to talk to a human"}');
INSERT INTO "journal_private" VALUES('c4',1,'04f3b74b95817b7c7d1205eb95723110','{"answer":{"actions":[{"action":"cancel_order","amount":"44.23","currency":"EUR","order_id":"#1001","status":"proposed"}],"approvals":[],"citations":[],"conversation":"c4","disposition":"asked","handoff":null,"id":"t4","intents":["cancel_order"],"language":"en","mode":"sent","note":"","reply":"Hello Ana,\n\nI can cancel your order #1001. It contains Shirt and 2 × Mug. You would get €44.23 back to the means of payment you used.\n\nShall I cancel order #1001? Please answer yes or no.\n\nWismo, the AI assistant of Our shop. Write \"person\" at any time and a colleague takes over.","requests":[{"disposition":"asked","intent":"cancel_order","rule":"CNF-1"}],"rules":["CNF-1","CAN-1"]},"asked":["Please cancel order #1234"],"email":"ana@example.com","facts":{"F1":{"address":{"city":"Lyon","country":"FR","line1":"8 rue Pasteur","line2":"","postcode":"69007","state":""},"city":"Lyon","items":["Shirt","2 × Mug"],"number":"#1001","paid":{"currency":"EUR","minor":4423},"placed":"2026-11-10T12:00:00Z","status":{"key":"status.confirmed"},"total":{"currency":"EUR","minor":4423}}},"subject":"","text":"Please cancel order #1001"}');
INSERT INTO "journal_private" VALUES('c5',1,'5c9a152abb6519ae6d71e9c1b3fea089','{"answer":{"actions":[{"action":"cancel_order","amount":"20.00","currency":"EUR","order_id":"#1008","status":"proposed"}],"approvals":[],"citations":[],"conversation":"c5","disposition":"asked","handoff":null,"id":"t5","intents":["cancel_order"],"language":"en","mode":"sent","note":"","reply":"Hello Ana,\n\nI can cancel your order #1008. It contains Shirt. You would get €20.00 back to the means of payment you used.\n\nShall I cancel order #1008? Please answer yes or no.\n\nWismo, the AI assistant of Our shop. Write \"person\" at any time and a colleague takes over.","requests":[{"disposition":"asked","intent":"cancel_order","rule":"CNF-1"}],"rules":["CNF-1","CAN-1"]},"asked":["Please cancel order #1234"],"email":"ana@example.com","facts":{"F1":{"address":{"city":"Lyon","country":"FR","line1":"8 rue Pasteur","line2":"","postcode":"69007","state":""},"city":"Lyon","items":["Shirt"],"number":"#1008","paid":{"currency":"EUR","minor":2000},"placed":"2026-11-10T12:00:00Z","status":{"key":"status.confirmed"},"total":{"currency":"EUR","minor":2000}}},"subject":"","text":"Please cancel order #1008"}');
INSERT INTO "journal_private" VALUES('c5',2,'bbb491d1129ce22518c404c9a6c506ea','{"answer":{"actions":[{"action":"cancel_order","amount":"20.00","currency":"EUR","order_id":"#1008","status":"queued"}],"approvals":["A-89e297ed"],"citations":[],"conversation":"c5","disposition":"queued","handoff":null,"id":"t6","intents":["affirm"],"language":"en","mode":"sent","note":"","reply":"Hello Ana,\n\nYour request to cancel order #1008 is noted. Because €20.00 goes back to you, a colleague confirms it first; you will hear from us as soon as that is done.\n\nWismo, the AI assistant of Our shop. Write \"person\" at any time and a colleague takes over.","requests":[{"disposition":"queued","intent":"affirm","rule":"AUT-3"}],"rules":["AUT-3","CAN-1"]},"asked":["yes"],"email":"ana@example.com","facts":{"F1":{"address":{"city":"Lyon","country":"FR","line1":"8 rue Pasteur","line2":"","postcode":"69007","state":""},"city":"Lyon","items":["Shirt"],"number":"#1008","paid":{"currency":"EUR","minor":2000},"placed":"2026-11-10T12:00:00Z","status":{"key":"status.confirmed"},"total":{"currency":"EUR","minor":2000}}},"subject":"","text":"yes"}');
INSERT INTO "journal_private" VALUES('c7',1,'54aae13cee222a3d9ebaf95f3eaf0b6a','{"answer":{"actions":[{"action":"cancel_order","amount":"20.00","currency":"EUR","order_id":"#1009","status":"proposed"}],"approvals":[],"citations":[],"conversation":"c7","disposition":"asked","handoff":null,"id":"t7","intents":["cancel_order"],"language":"en","mode":"sent","note":"","reply":"Hello Ana,\n\nI can cancel your order #1009. It contains Shirt. You would get €20.00 back to the means of payment you used.\n\nShall I cancel order #1009? Please answer yes or no.\n\nWismo, the AI assistant of Our shop. Write \"person\" at any time and a colleague takes over.","requests":[{"disposition":"asked","intent":"cancel_order","rule":"CNF-1"}],"rules":["CNF-1","CAN-1"]},"asked":["Please cancel order #1234"],"email":"ana@example.com","facts":{"F1":{"address":{"city":"Lyon","country":"FR","line1":"8 rue Pasteur","line2":"","postcode":"69007","state":""},"city":"Lyon","items":["Shirt"],"number":"#1009","paid":{"currency":"EUR","minor":2000},"placed":"2026-11-10T12:00:00Z","status":{"key":"status.confirmed"},"total":{"currency":"EUR","minor":2000}}},"subject":"","text":"Please cancel order #1009"}');
INSERT INTO "journal_private" VALUES('c7',2,'2b6464d53698442c78ef1a61ac1ca438','{"answer":{"actions":[{"action":"cancel_order","amount":"20.00","currency":"EUR","order_id":"#1009","status":"queued"}],"approvals":["A-95e11c18"],"citations":[],"conversation":"c7","disposition":"queued","handoff":null,"id":"t8","intents":["affirm"],"language":"en","mode":"sent","note":"","reply":"Hello Ana,\n\nYour request to cancel order #1009 is noted. Because €20.00 goes back to you, a colleague confirms it first; you will hear from us as soon as that is done.\n\nWismo, the AI assistant of Our shop. Write \"person\" at any time and a colleague takes over.","requests":[{"disposition":"queued","intent":"affirm","rule":"AUT-3"}],"rules":["AUT-3","CAN-1"]},"asked":["yes"],"email":"ana@example.com","facts":{"F1":{"address":{"city":"Lyon","country":"FR","line1":"8 rue Pasteur","line2":"","postcode":"69007","state":""},"city":"Lyon","items":["Shirt"],"number":"#1009","paid":{"currency":"EUR","minor":2000},"placed":"2026-11-10T12:00:00Z","status":{"key":"status.confirmed"},"total":{"currency":"EUR","minor":2000}}},"subject":"","text":"yes"}');
INSERT INTO "journal_private" VALUES('c9',1,'017a8a30742c68cb5c8610f90758c389','{"answer":{"actions":[],"approvals":[],"citations":[],"conversation":"c9","disposition":"asked","handoff":null,"id":"t9","intents":["order_status"],"language":"en","mode":"sent","note":"","reply":"Hello Bob,\n\nI can not find that order number among your orders. Please check the number in your confirmation mail and send it to me again.\n\nWismo, the AI assistant of Our shop. Write \"person\" at any time and a colleague takes over.","requests":[{"disposition":"asked","intent":"order_status","rule":"SCP-1"}],"rules":["SCP-1"]},"asked":["where is #1234"],"email":"bob@example.com","facts":{},"subject":"","text":"where is #1002"}');
INSERT INTO "journal_private" VALUES('c10',1,'b9cc96c08595c4e28c4e4f5678dd4ee8','{"answer":{"actions":[{"action":"request_return","amount":"60.50","currency":"EUR","order_id":"#1003","status":"proposed"}],"approvals":[],"citations":[],"conversation":"c10","disposition":"asked","handoff":null,"id":"t10","intents":["return_request"],"language":"fr","mode":"sent","note":"","reply":"Bonjour Ana,\n\nJe peux ouvrir un retour pour la commande #1003 : Lamp et Mug. Après réception et contrôle des articles, vous seriez remboursé d’environ 60,50 € sur votre moyen de paiement.\n\nDois-je ouvrir ce retour ? Répondez oui ou non.\n\nWismo, l’assistant IA de Our shop. Écrivez « personne » à tout moment et un collègue prend le relais.","requests":[{"disposition":"asked","intent":"return_request","rule":"CNF-1"}],"rules":["CNF-1","RET-2"]},"asked":["Je voudrais retourner la lampe de la commande #1234, elle ne me plait pas"],"email":"ana@example.com","facts":{"F1":{"address":{"city":"Lyon","country":"FR","line1":"8 rue Pasteur","line2":"","postcode":"69007","state":""},"city":"Lyon","delivered":"2026-11-17T12:00:00Z","items":["Lamp","Mug"],"number":"#1003","paid":{"currency":"EUR","minor":6050},"placed":"2026-11-10T12:00:00Z","scan":"2026-11-17T12:00:00Z","shipped":"2026-11-10T12:00:00Z","status":{"key":"status.delivered"},"total":{"currency":"EUR","minor":6050}}},"subject":"","text":"Je voudrais retourner la lampe de la commande #1003, elle ne me plait pas"}');
INSERT INTO "journal_private" VALUES('c5',3,'58b5008d9de08c7949c107ec75bfcf9d','{"answer":{"actions":[{"action":"cancel_order","amount":"20.00","currency":"EUR","order_id":"#1008","status":"done"}],"approvals":[],"citations":[],"conversation":"c5","disposition":"acted","handoff":null,"id":"A-89e297ed:decision","intents":["cancel_order"],"language":"en","mode":"sent","note":"","reply":"Hello Ana,\n\nYour order #1008 is now cancelled. The refund of €20.00 to the means of payment you used has been requested; your bank may need some working days.\n\nWismo, the AI assistant of Our shop. Write \"person\" at any time and a colleague takes over.","requests":[{"disposition":"acted","intent":"cancel_order","rule":"APR-1"}],"rules":["APR-1","CAN-1"]},"asked":[""],"email":"ana@example.com","facts":{},"subject":"","text":""}');
CREATE TABLE ledger_entries (
	id INTEGER NOT NULL, 
	transaction_id TEXT NOT NULL, 
	account TEXT NOT NULL, 
	amount INTEGER NOT NULL, 
	currency TEXT NOT NULL, 
	CONSTRAINT pk_ledger_entries PRIMARY KEY (id), 
	CONSTRAINT ck_ledger_entries_amount_not_zero CHECK (amount <> 0), 
	CONSTRAINT fk_ledger_entries_transaction_id FOREIGN KEY(transaction_id) REFERENCES ledger_transactions (id)
)
 STRICT

;
INSERT INTO "ledger_entries" VALUES(1,'gift_card:gift_1:opening','opening:gift_card',3000,'EUR');
INSERT INTO "ledger_entries" VALUES(2,'gift_card:gift_1:opening','gift_card:gift_1',-3000,'EUR');
INSERT INTO "ledger_entries" VALUES(3,'import:1001:pay:1:capture','psp_clearing:sandbox',4423,'EUR');
INSERT INTO "ledger_entries" VALUES(4,'import:1001:pay:1:capture','sales',-4423,'EUR');
INSERT INTO "ledger_entries" VALUES(5,'import:1002:pay:1:capture','psp_clearing:sandbox',2000,'EUR');
INSERT INTO "ledger_entries" VALUES(6,'import:1002:pay:1:capture','sales',-2000,'EUR');
INSERT INTO "ledger_entries" VALUES(7,'import:1003:pay:1:capture','psp_clearing:sandbox',6050,'EUR');
INSERT INTO "ledger_entries" VALUES(8,'import:1003:pay:1:capture','sales',-6050,'EUR');
INSERT INTO "ledger_entries" VALUES(9,'import:1004:pay:1:capture','psp_clearing:sandbox',10000,'EUR');
INSERT INTO "ledger_entries" VALUES(10,'import:1004:pay:1:capture','sales',-10000,'EUR');
INSERT INTO "ledger_entries" VALUES(11,'import:1005:pay:1:capture','psp_clearing:sandbox',2000,'EUR');
INSERT INTO "ledger_entries" VALUES(12,'import:1005:pay:1:capture','sales',-2000,'EUR');
INSERT INTO "ledger_entries" VALUES(13,'import:1005:import-refund:1','refunds',2000,'EUR');
INSERT INTO "ledger_entries" VALUES(14,'import:1005:import-refund:1','psp_clearing:sandbox',-2000,'EUR');
INSERT INTO "ledger_entries" VALUES(15,'import:1006:pay:1:capture','opening:gift_card',2000,'EUR');
INSERT INTO "ledger_entries" VALUES(16,'import:1006:pay:1:capture','sales',-2000,'EUR');
INSERT INTO "ledger_entries" VALUES(17,'import:1008:pay:1:capture','psp_clearing:sandbox',2000,'EUR');
INSERT INTO "ledger_entries" VALUES(18,'import:1008:pay:1:capture','sales',-2000,'EUR');
INSERT INTO "ledger_entries" VALUES(19,'import:1009:pay:1:capture','psp_clearing:sandbox',2000,'EUR');
INSERT INTO "ledger_entries" VALUES(20,'import:1009:pay:1:capture','sales',-2000,'EUR');
INSERT INTO "ledger_entries" VALUES(21,'cacdee74d8ac45e89e02b8d6041f4cd3','psp_clearing:sandbox',2590,'EUR');
INSERT INTO "ledger_entries" VALUES(22,'cacdee74d8ac45e89e02b8d6041f4cd3','sales',-2100,'EUR');
INSERT INTO "ledger_entries" VALUES(23,'cacdee74d8ac45e89e02b8d6041f4cd3','shipping',-490,'EUR');
INSERT INTO "ledger_entries" VALUES(24,'6f5e5f29d1bb43848f972ec2721a063d','psp_clearing:sandbox',2590,'EUR');
INSERT INTO "ledger_entries" VALUES(25,'6f5e5f29d1bb43848f972ec2721a063d','sales',-2100,'EUR');
INSERT INTO "ledger_entries" VALUES(26,'6f5e5f29d1bb43848f972ec2721a063d','shipping',-490,'EUR');
INSERT INTO "ledger_entries" VALUES(27,'153b81662a084df2b211620311a6b785','refunds',2590,'EUR');
INSERT INTO "ledger_entries" VALUES(28,'153b81662a084df2b211620311a6b785','refund_clearing',-2590,'EUR');
INSERT INTO "ledger_entries" VALUES(29,'50c60aca5ead494e8c19dc0835ca00a6','refunds',2000,'EUR');
INSERT INTO "ledger_entries" VALUES(30,'50c60aca5ead494e8c19dc0835ca00a6','refund_clearing',-2000,'EUR');
INSERT INTO "ledger_entries" VALUES(31,'c0a4bec96a5c4e9b9a878c2890e4f915','refund_clearing',2590,'EUR');
INSERT INTO "ledger_entries" VALUES(32,'c0a4bec96a5c4e9b9a878c2890e4f915','psp_clearing:sandbox',-2590,'EUR');
INSERT INTO "ledger_entries" VALUES(33,'6d9756d65580471f8640807bad996e1c','refund_clearing',2000,'EUR');
INSERT INTO "ledger_entries" VALUES(34,'6d9756d65580471f8640807bad996e1c','psp_clearing:sandbox',-2000,'EUR');
INSERT INTO "ledger_entries" VALUES(35,'52398539b2304193a5a61b4a3f6072eb','refunds',1050,'EUR');
INSERT INTO "ledger_entries" VALUES(36,'52398539b2304193a5a61b4a3f6072eb','refund_clearing',-1050,'EUR');
CREATE TABLE ledger_transactions (
	id TEXT NOT NULL, 
	order_id TEXT, 
	kind TEXT NOT NULL, 
	at TEXT NOT NULL, 
	CONSTRAINT pk_ledger_transactions PRIMARY KEY (id), 
	CONSTRAINT fk_ledger_transactions_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
)
 STRICT

;
INSERT INTO "ledger_transactions" VALUES('gift_card:gift_1:opening',NULL,'import.opening','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('import:1001:pay:1:capture','import:1001','import.capture','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('import:1002:pay:1:capture','import:1002','import.capture','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('import:1003:pay:1:capture','import:1003','import.capture','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('import:1004:pay:1:capture','import:1004','import.capture','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('import:1005:pay:1:capture','import:1005','import.capture','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('import:1005:import-refund:1','import:1005','import.refund','2026-11-15T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('import:1006:pay:1:capture','import:1006','import.capture','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('import:1008:pay:1:capture','import:1008','import.capture','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('import:1009:pay:1:capture','import:1009','import.capture','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('cacdee74d8ac45e89e02b8d6041f4cd3','web:W1','payment.captured','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('6f5e5f29d1bb43848f972ec2721a063d','web:W3','payment.captured','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('153b81662a084df2b211620311a6b785','web:W3','refund.approved','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('50c60aca5ead494e8c19dc0835ca00a6','import:1008','refund.approved','2026-11-20T13:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('c0a4bec96a5c4e9b9a878c2890e4f915','web:W3','refund.succeeded','2026-11-20T13:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('6d9756d65580471f8640807bad996e1c','import:1008','refund.succeeded','2026-11-20T13:00:00.000000+00:00');
INSERT INTO "ledger_transactions" VALUES('52398539b2304193a5a61b4a3f6072eb','import:1003','refund.approved','2026-11-20T13:05:00.000000+00:00');
CREATE TABLE locations (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	CONSTRAINT pk_locations PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO "locations" VALUES('main','main');
CREATE TABLE order_lines (
	id TEXT NOT NULL, 
	order_id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	sku TEXT NOT NULL, 
	name TEXT NOT NULL, 
	options TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	unit_price INTEGER NOT NULL, 
	line_discount INTEGER NOT NULL, 
	order_discount INTEGER NOT NULL, 
	net INTEGER NOT NULL, 
	tax INTEGER NOT NULL, 
	returnable INTEGER NOT NULL, 
	cancelled INTEGER NOT NULL, 
	shipped INTEGER NOT NULL, 
	returned INTEGER NOT NULL, 
	refunded INTEGER NOT NULL, 
	CONSTRAINT pk_order_lines PRIMARY KEY (id), 
	CONSTRAINT ck_order_lines_cancelled_and_shipped_within_quantity CHECK (cancelled + shipped <= quantity), 
	CONSTRAINT ck_order_lines_quantity_positive CHECK (quantity > 0), 
	CONSTRAINT ck_order_lines_refunded_within_quantity CHECK (refunded <= quantity), 
	CONSTRAINT ck_order_lines_returned_within_shipped CHECK (returned <= shipped), 
	CONSTRAINT fk_order_lines_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT fk_order_lines_sku FOREIGN KEY(sku) REFERENCES variants (sku)
)
 STRICT

;
INSERT INTO "order_lines" VALUES('import:1001:1','import:1001',1,'shirt','Shirt','{}',1,2000,0,244,1756,162,1,0,0,0,0);
INSERT INTO "order_lines" VALUES('import:1001:2','import:1001',2,'mug','Mug','{}',2,1050,0,256,1844,171,1,0,0,0,0);
INSERT INTO "order_lines" VALUES('import:1002:1','import:1002',1,'shirt','Shirt','{}',1,2000,0,0,2000,0,1,0,1,0,0);
INSERT INTO "order_lines" VALUES('import:1003:1','import:1003',1,'lamp','Lamp','{}',1,5000,0,0,5000,0,1,0,1,0,0);
INSERT INTO "order_lines" VALUES('import:1003:2','import:1003',2,'mug','Mug','{}',1,1050,0,0,1050,0,1,0,1,1,1);
INSERT INTO "order_lines" VALUES('import:1004:1','import:1004',1,'lamp','Lamp','{}',2,5000,0,0,10000,0,1,0,2,1,0);
INSERT INTO "order_lines" VALUES('import:1005:1','import:1005',1,'shirt','Shirt','{}',1,2000,0,0,2000,0,1,1,0,0,1);
INSERT INTO "order_lines" VALUES('import:1006:1','import:1006',1,'shirt','Shirt','{}',1,2000,0,0,2000,0,1,0,0,0,0);
INSERT INTO "order_lines" VALUES('import:1007:1','import:1007',1,'shirt','Shirt','{}',1,2000,0,0,2000,0,1,0,0,0,0);
INSERT INTO "order_lines" VALUES('import:1008:1','import:1008',1,'shirt','Shirt','{}',1,2000,0,0,2000,0,1,1,0,0,1);
INSERT INTO "order_lines" VALUES('import:1009:1','import:1009',1,'shirt','Shirt','{}',1,2000,0,0,2000,0,1,0,0,0,0);
INSERT INTO "order_lines" VALUES('web:W1:1','web:W1',1,'mug','Stoneware mug','{"color": "blue"}',2,1050,0,0,2100,0,1,0,2,0,0);
INSERT INTO "order_lines" VALUES('web:W2:1','web:W2',1,'mug','Stoneware mug','{"color": "blue"}',2,1050,0,0,2100,0,1,0,0,0,0);
INSERT INTO "order_lines" VALUES('web:W3:1','web:W3',1,'mug','Stoneware mug','{"color": "blue"}',2,1050,0,0,2100,0,1,2,0,0,2);
CREATE TABLE orders (
	id TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	external_id TEXT NOT NULL, 
	number TEXT NOT NULL, 
	number_key TEXT NOT NULL, 
	customer_id TEXT NOT NULL, 
	currency TEXT NOT NULL, 
	placed_at TEXT NOT NULL, 
	promised_at TEXT, 
	cancelled_at TEXT, 
	items_total INTEGER NOT NULL, 
	discount INTEGER NOT NULL, 
	tax INTEGER NOT NULL, 
	shipping INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	lifecycle TEXT NOT NULL, 
	hold_reason TEXT, 
	cancel_reason TEXT, 
	source_digest TEXT, 
	version INTEGER NOT NULL, 
	CONSTRAINT pk_orders PRIMARY KEY (id), 
	CONSTRAINT ck_orders_total_adds_up CHECK (total = items_total - discount + tax + shipping), 
	CONSTRAINT fk_orders_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id), 
	CONSTRAINT uq_orders_channel_external_id UNIQUE (channel, external_id)
)
 STRICT

;
INSERT INTO "orders" VALUES('import:1001','import','1001','#1001','1001','ana','EUR','2026-11-10T12:00:00.000000+00:00',NULL,NULL,4100,500,333,490,4423,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','confirmed',NULL,NULL,'7b3ed98b295dd048ec8417c1cd315d038badd83408cd85591a59f3373e3c1a5c',2);
INSERT INTO "orders" VALUES('import:1002','import','1002','#1002','1002','ana','EUR','2026-11-10T12:00:00.000000+00:00','2026-11-22T12:00:00.000000+00:00',NULL,2000,0,0,0,2000,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','confirmed',NULL,NULL,'1c8406976498ab4a6018d3d9e56889a3dbebbb733fcbbb391e542bc3efba9505',4);
INSERT INTO "orders" VALUES('import:1003','import','1003','#1003','1003','ana','EUR','2026-11-10T12:00:00.000000+00:00',NULL,NULL,6050,0,0,0,6050,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','confirmed',NULL,NULL,'849b9d39580c888e5310cd96a248bfdfd26007cfbbb4aa946fa49625587edbf2',10);
INSERT INTO "orders" VALUES('import:1004','import','1004','#1004','1004','ana','EUR','2026-11-10T12:00:00.000000+00:00',NULL,NULL,10000,0,0,0,10000,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','confirmed',NULL,NULL,'dfd61547b843364f22032a08b84fccff5c9bb67cbc7430078bf4ac0757a8cbb9',9);
INSERT INTO "orders" VALUES('import:1005','import','1005','#1005','1005','ana','EUR','2026-11-10T12:00:00.000000+00:00',NULL,'2026-11-15T12:00:00.000000+00:00',2000,0,0,0,2000,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','cancelled',NULL,'import','02e7223aa8401014ba4bf9b512f7cf8d4ec2de03b584924e5ebc359f69ef5640',4);
INSERT INTO "orders" VALUES('import:1006','import','1006','#1006','1006','bob','EUR','2026-11-10T12:00:00.000000+00:00',NULL,NULL,2000,0,0,0,2000,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','confirmed',NULL,NULL,'f923bccc9a4be2bc09e0f41fb87eaf30ef3ebfce1ccebfb1d19a1937e0f063b7',3);
INSERT INTO "orders" VALUES('import:1007','import','1007','#1007','1007','bob','EUR','2026-11-10T12:00:00.000000+00:00',NULL,NULL,2000,0,0,0,2000,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','confirmed',NULL,NULL,'8030ca0ee07057815856916185c97b79fd012985a859b969eaae213b3d8602f0',1);
INSERT INTO "orders" VALUES('import:1008','import','1008','#1008','1008','ana','EUR','2026-11-10T12:00:00.000000+00:00',NULL,'2026-11-20T13:00:00.000000+00:00',2000,0,0,0,2000,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','cancelled',NULL,'customer','c0fc071ff10a23a55bf445e8151ff5a524e3410e070278602ce73bb54c55f67b',5);
INSERT INTO "orders" VALUES('import:1009','import','1009','#1009','1009','ana','EUR','2026-11-10T12:00:00.000000+00:00',NULL,NULL,2000,0,0,0,2000,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','confirmed',NULL,NULL,'9ead001ba0bda1056d2381d170ea29233f31aa7892f250adc91fa0e440a9a63c',2);
INSERT INTO "orders" VALUES('web:W1','web','W1','W1','W1','ana','EUR','2026-11-20T12:00:00.000000+00:00',NULL,NULL,2100,0,0,490,2590,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','confirmed',NULL,NULL,NULL,5);
INSERT INTO "orders" VALUES('web:W2','web','W2','W2','W2','ana','EUR','2026-11-20T12:00:00.000000+00:00',NULL,NULL,2100,0,0,490,2590,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','confirmed',NULL,NULL,NULL,1);
INSERT INTO "orders" VALUES('web:W3','web','W3','W3','W3','bob','EUR','2026-11-20T12:00:00.000000+00:00',NULL,'2026-11-20T12:00:00.000000+00:00',2100,0,0,490,2590,'{"city": "Lyon", "country": "FR", "line1": "8 rue Pasteur", "line2": "", "postcode": "69007", "state": ""}','cancelled',NULL,'changed my mind',NULL,5);
CREATE TABLE outbox (
	"key" TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	body TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	created_at TEXT NOT NULL, 
	due_at TEXT NOT NULL, 
	sent_at TEXT, 
	last_error TEXT, 
	CONSTRAINT pk_outbox PRIMARY KEY ("key")
)
 STRICT

;
INSERT INTO "outbox" VALUES('refund:web:W3:refund:1:1','payment.refund','{"allocation": "web:W3:refund:1:1", "amount": 2590, "currency": "EUR", "order": "W3", "payment": "web:W3:pay:1"}','sent',0,'2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES('refund:import:1008:refund:1:1','payment.refund','{"allocation": "import:1008:refund:1:1", "amount": 2000, "currency": "EUR", "order": "#1008", "payment": "import:1008:pay:1"}','sent',0,'2026-11-20T13:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00',NULL);
INSERT INTO "outbox" VALUES('refund:import:1003:refund:1:1','payment.refund','{"allocation": "import:1003:refund:1:1", "amount": 1050, "currency": "EUR", "order": "#1003", "payment": "import:1003:pay:1"}','due',0,'2026-11-20T13:05:00.000000+00:00','2026-11-20T13:05:00.000000+00:00',NULL,NULL);
CREATE TABLE payment_methods (
	customer_id TEXT NOT NULL, 
	id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	CONSTRAINT pk_payment_methods PRIMARY KEY (customer_id, id), 
	CONSTRAINT fk_payment_methods_customer_id FOREIGN KEY(customer_id) REFERENCES customers (id)
)
 STRICT

;
INSERT INTO "payment_methods" VALUES('bob','gift_1','gift_card');
CREATE TABLE payment_transactions (
	id TEXT NOT NULL, 
	payment_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	amount INTEGER NOT NULL, 
	psp TEXT NOT NULL, 
	psp_ref TEXT NOT NULL, 
	state TEXT NOT NULL, 
	at TEXT NOT NULL, 
	CONSTRAINT pk_payment_transactions PRIMARY KEY (id), 
	CONSTRAINT ck_payment_transactions_amount_not_negative CHECK (amount >= 0), 
	CONSTRAINT fk_payment_transactions_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id), 
	CONSTRAINT uq_payment_transactions_psp_psp_ref_kind UNIQUE (psp, psp_ref, kind)
)
 STRICT

;
INSERT INTO "payment_transactions" VALUES('import:1001:pay:1:capture','import:1001:pay:1','capture',4423,'import','import:1001:pay:1:capture','succeeded','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('import:1002:pay:1:capture','import:1002:pay:1','capture',2000,'import','import:1002:pay:1:capture','succeeded','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('import:1003:pay:1:capture','import:1003:pay:1','capture',6050,'import','import:1003:pay:1:capture','succeeded','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('import:1004:pay:1:capture','import:1004:pay:1','capture',10000,'import','import:1004:pay:1:capture','succeeded','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('import:1005:pay:1:capture','import:1005:pay:1','capture',2000,'import','import:1005:pay:1:capture','succeeded','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('import:1005:import-refund:1:1','import:1005:pay:1','refund',2000,'import','import:1005:import-refund:1:1','succeeded','2026-11-15T12:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('import:1006:pay:1:capture','import:1006:pay:1','capture',2000,'import','import:1006:pay:1:capture','succeeded','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('import:1008:pay:1:capture','import:1008:pay:1','capture',2000,'import','import:1008:pay:1:capture','succeeded','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('import:1009:pay:1:capture','import:1009:pay:1','capture',2000,'import','import:1009:pay:1:capture','succeeded','2026-11-10T12:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('web:W1:pay:1:1','web:W1:pay:1','capture',2590,'sandbox','web:W1:pay:1:1','succeeded','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('web:W3:pay:1:1','web:W3:pay:1','capture',2590,'sandbox','web:W3:pay:1:1','succeeded','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('web:W3:refund:1:1:paid','web:W3:pay:1','refund',2590,'sandbox','sandbox_8583acf9c5406e6c','succeeded','2026-11-20T13:00:00.000000+00:00');
INSERT INTO "payment_transactions" VALUES('import:1008:refund:1:1:paid','import:1008:pay:1','refund',2000,'sandbox','sandbox_5de405f7e0ebd05b','succeeded','2026-11-20T13:00:00.000000+00:00');
CREATE TABLE payments (
	id TEXT NOT NULL, 
	order_id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	method_id TEXT, 
	state TEXT NOT NULL, 
	currency TEXT NOT NULL, 
	CONSTRAINT pk_payments PRIMARY KEY (id), 
	CONSTRAINT fk_payments_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
)
 STRICT

;
INSERT INTO "payments" VALUES('import:1001:pay:1','import:1001',1,'credit_card',NULL,'captured','EUR');
INSERT INTO "payments" VALUES('import:1002:pay:1','import:1002',1,'credit_card',NULL,'captured','EUR');
INSERT INTO "payments" VALUES('import:1003:pay:1','import:1003',1,'credit_card',NULL,'captured','EUR');
INSERT INTO "payments" VALUES('import:1004:pay:1','import:1004',1,'credit_card',NULL,'captured','EUR');
INSERT INTO "payments" VALUES('import:1005:pay:1','import:1005',1,'credit_card',NULL,'captured','EUR');
INSERT INTO "payments" VALUES('import:1006:pay:1','import:1006',1,'gift_card','gift_1','captured','EUR');
INSERT INTO "payments" VALUES('import:1008:pay:1','import:1008',1,'credit_card',NULL,'captured','EUR');
INSERT INTO "payments" VALUES('import:1009:pay:1','import:1009',1,'credit_card',NULL,'captured','EUR');
INSERT INTO "payments" VALUES('web:W1:pay:1','web:W1',1,'credit_card','tok_1','captured','EUR');
INSERT INTO "payments" VALUES('web:W3:pay:1','web:W3',1,'credit_card','tok_3','captured','EUR');
CREATE TABLE products (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	returnable INTEGER NOT NULL, 
	CONSTRAINT pk_products PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO "products" VALUES('shirt','T-Shirt',1);
INSERT INTO "products" VALUES('mug','Stoneware mug',1);
INSERT INTO "products" VALUES('earrings','Brass earrings',0);
INSERT INTO "products" VALUES('lamp','Paper lamp',1);
CREATE TABLE refund_allocations (
	id TEXT NOT NULL, 
	refund_id TEXT NOT NULL, 
	payment_id TEXT NOT NULL, 
	amount INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	psp_ref TEXT, 
	CONSTRAINT pk_refund_allocations PRIMARY KEY (id), 
	CONSTRAINT ck_refund_allocations_amount_positive CHECK (amount > 0), 
	CONSTRAINT fk_refund_allocations_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id), 
	CONSTRAINT fk_refund_allocations_refund_id FOREIGN KEY(refund_id) REFERENCES refunds (id)
)
 STRICT

;
INSERT INTO "refund_allocations" VALUES('import:1005:import-refund:1:1','import:1005:import-refund:1','import:1005:pay:1',2000,'succeeded',NULL);
INSERT INTO "refund_allocations" VALUES('web:W3:refund:1:1','web:W3:refund:1','web:W3:pay:1',2590,'succeeded','sandbox_8583acf9c5406e6c');
INSERT INTO "refund_allocations" VALUES('import:1008:refund:1:1','import:1008:refund:1','import:1008:pay:1',2000,'succeeded','sandbox_5de405f7e0ebd05b');
INSERT INTO "refund_allocations" VALUES('import:1003:refund:1:1','import:1003:refund:1','import:1003:pay:1',1050,'submitting',NULL);
CREATE TABLE refund_lines (
	refund_id TEXT NOT NULL, 
	line_id TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	amount INTEGER NOT NULL, 
	CONSTRAINT pk_refund_lines PRIMARY KEY (refund_id, line_id), 
	CONSTRAINT fk_refund_lines_line_id FOREIGN KEY(line_id) REFERENCES order_lines (id), 
	CONSTRAINT fk_refund_lines_refund_id FOREIGN KEY(refund_id) REFERENCES refunds (id)
)
 STRICT

;
INSERT INTO "refund_lines" VALUES('web:W3:refund:1','web:W3:1',2,2100);
INSERT INTO "refund_lines" VALUES('import:1008:refund:1','import:1008:1',1,2000);
INSERT INTO "refund_lines" VALUES('import:1003:refund:1','import:1003:2',1,1050);
CREATE TABLE refunds (
	id TEXT NOT NULL, 
	order_id TEXT NOT NULL, 
	return_id TEXT, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	amount INTEGER NOT NULL, 
	shipping INTEGER NOT NULL, 
	currency TEXT NOT NULL, 
	quote_digest TEXT NOT NULL, 
	requested_at TEXT NOT NULL, 
	settled_at TEXT, 
	CONSTRAINT pk_refunds PRIMARY KEY (id), 
	CONSTRAINT ck_refunds_amount_positive CHECK (amount > 0), 
	CONSTRAINT fk_refunds_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT fk_refunds_return_id FOREIGN KEY(return_id) REFERENCES returns (id)
)
 STRICT

;
INSERT INTO "refunds" VALUES('import:1005:import-refund:1','import:1005',NULL,'succeeded','import',2000,0,'EUR','','2026-11-15T12:00:00.000000+00:00','2026-11-15T12:00:00.000000+00:00');
INSERT INTO "refunds" VALUES('web:W3:refund:1','web:W3',NULL,'succeeded','changed my mind',2590,490,'EUR','9bdc187ed005551b9b549c12805fd959cde88625dbc6d56ca23e3427407c1561','2026-11-20T12:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00');
INSERT INTO "refunds" VALUES('import:1008:refund:1','import:1008',NULL,'succeeded','cancel_order',2000,0,'EUR','ae8b994b64d7f5c3c61aaa29f4f7675d8a3d1a0d9616dbbd33ab833406dddf94','2026-11-20T13:00:00.000000+00:00','2026-11-20T13:00:00.000000+00:00');
INSERT INTO "refunds" VALUES('import:1003:refund:1','import:1003','import:1003:return:1','submitting','refund',1050,0,'EUR','e04157513a9e20e32138e61448568a452e347a7e369f5b7efd42ee98f12b8af3','2026-11-20T13:05:00.000000+00:00',NULL);
CREATE TABLE reservations (
	id INTEGER NOT NULL, 
	line_id TEXT NOT NULL, 
	sku TEXT NOT NULL, 
	location_id TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	CONSTRAINT pk_reservations PRIMARY KEY (id), 
	CONSTRAINT fk_reservations_line_id FOREIGN KEY(line_id) REFERENCES order_lines (id), 
	CONSTRAINT fk_reservations_location_id FOREIGN KEY(location_id) REFERENCES locations (id)
)
 STRICT

;
INSERT INTO "reservations" VALUES(1,'web:W1:1','mug','main',2,'consumed');
INSERT INTO "reservations" VALUES(2,'web:W2:1','mug','main',2,'held');
INSERT INTO "reservations" VALUES(3,'web:W3:1','mug','main',2,'released');
CREATE TABLE return_lines (
	return_id TEXT NOT NULL, 
	line_id TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	reception TEXT NOT NULL, 
	acceptance TEXT NOT NULL, 
	received INTEGER NOT NULL, 
	accepted INTEGER NOT NULL, 
	CONSTRAINT pk_return_lines PRIMARY KEY (return_id, line_id), 
	CONSTRAINT ck_return_lines_accepted_within_received CHECK (accepted <= received AND received <= quantity), 
	CONSTRAINT fk_return_lines_line_id FOREIGN KEY(line_id) REFERENCES order_lines (id), 
	CONSTRAINT fk_return_lines_return_id FOREIGN KEY(return_id) REFERENCES returns (id)
)
 STRICT

;
INSERT INTO "return_lines" VALUES('import:1004:return:1','import:1004:1',1,'received','accepted',1,1);
INSERT INTO "return_lines" VALUES('import:1003:return:1','import:1003:2',1,'received','accepted',1,1);
CREATE TABLE returns (
	id TEXT NOT NULL, 
	order_id TEXT NOT NULL, 
	number TEXT NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	label_fee INTEGER NOT NULL, 
	requested_at TEXT NOT NULL, 
	CONSTRAINT pk_returns PRIMARY KEY (id), 
	CONSTRAINT fk_returns_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT uq_returns_number UNIQUE (number)
)
 STRICT

;
INSERT INTO "returns" VALUES('import:1004:return:1','import:1004','RMA-1004-1','refund_due','too large',0,'2026-11-20T13:00:00.000000+00:00');
INSERT INTO "returns" VALUES('import:1003:return:1','import:1003','RMA-1003-1','refund_due','broken',0,'2026-11-20T13:05:00.000000+00:00');
CREATE TABLE shipment_lines (
	shipment_id TEXT NOT NULL, 
	line_id TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	CONSTRAINT pk_shipment_lines PRIMARY KEY (shipment_id, line_id), 
	CONSTRAINT fk_shipment_lines_line_id FOREIGN KEY(line_id) REFERENCES order_lines (id), 
	CONSTRAINT fk_shipment_lines_shipment_id FOREIGN KEY(shipment_id) REFERENCES shipments (id)
)
 STRICT

;
INSERT INTO "shipment_lines" VALUES('import:1002:parcel:1','import:1002:1',1);
INSERT INTO "shipment_lines" VALUES('import:1003:parcel:1','import:1003:1',1);
INSERT INTO "shipment_lines" VALUES('import:1003:parcel:1','import:1003:2',1);
INSERT INTO "shipment_lines" VALUES('import:1004:parcel:1','import:1004:1',2);
INSERT INTO "shipment_lines" VALUES('web:W1:parcel:1','web:W1:1',2);
CREATE TABLE shipments (
	id TEXT NOT NULL, 
	order_id TEXT NOT NULL, 
	carrier TEXT, 
	tracking_number TEXT NOT NULL, 
	state TEXT NOT NULL, 
	shipped_at TEXT, 
	delivered_at TEXT, 
	delivered_exactly INTEGER NOT NULL, 
	CONSTRAINT pk_shipments PRIMARY KEY (id), 
	CONSTRAINT fk_shipments_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
)
 STRICT

;
INSERT INTO "shipments" VALUES('import:1002:parcel:1','import:1002','DHL','700000000001','in_transit','2026-11-18T12:00:00.000000+00:00',NULL,1);
INSERT INTO "shipments" VALUES('import:1003:parcel:1','import:1003',NULL,'','delivered','2026-11-10T12:00:00.000000+00:00','2026-11-17T12:00:00.000000+00:00',1);
INSERT INTO "shipments" VALUES('import:1004:parcel:1','import:1004',NULL,'','delivered','2026-11-10T12:00:00.000000+00:00','2026-11-16T12:00:00.000000+00:00',1);
INSERT INTO "shipments" VALUES('web:W1:parcel:1','web:W1','DHL','700000000002','delivered','2026-11-20T12:00:00.000000+00:00','2026-11-20T12:00:00.000000+00:00',1);
CREATE TABLE stock_levels (
	sku TEXT NOT NULL, 
	location_id TEXT NOT NULL, 
	on_hand INTEGER NOT NULL, 
	reserved INTEGER NOT NULL, 
	damaged INTEGER NOT NULL, 
	quality_control INTEGER NOT NULL, 
	safety INTEGER NOT NULL, 
	incoming INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT pk_stock_levels PRIMARY KEY (sku, location_id), 
	CONSTRAINT ck_stock_levels_on_hand_not_negative CHECK (on_hand >= 0), 
	CONSTRAINT ck_stock_levels_reserved_within_on_hand CHECK (reserved >= 0 AND reserved <= on_hand), 
	CONSTRAINT fk_stock_levels_location_id FOREIGN KEY(location_id) REFERENCES locations (id), 
	CONSTRAINT fk_stock_levels_sku FOREIGN KEY(sku) REFERENCES variants (sku)
)
 STRICT

;
INSERT INTO "stock_levels" VALUES('shirt','main',1000000,0,0,0,0,0,0);
INSERT INTO "stock_levels" VALUES('mug','main',999999,2,0,0,0,0,4);
INSERT INTO "stock_levels" VALUES('earrings','main',1000000,0,0,0,0,0,0);
INSERT INTO "stock_levels" VALUES('lamp','main',1000001,0,0,0,0,0,0);
CREATE TABLE stock_movements (
	id INTEGER NOT NULL, 
	sku TEXT NOT NULL, 
	location_id TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	reference TEXT NOT NULL, 
	at TEXT NOT NULL, 
	CONSTRAINT pk_stock_movements PRIMARY KEY (id), 
	CONSTRAINT fk_stock_movements_location_id FOREIGN KEY(location_id) REFERENCES locations (id), 
	CONSTRAINT fk_stock_movements_sku FOREIGN KEY(sku) REFERENCES variants (sku)
)
 STRICT

;
INSERT INTO "stock_movements" VALUES(1,'shirt','main',1000000,'import','opening','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "stock_movements" VALUES(2,'mug','main',1000000,'import','opening','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "stock_movements" VALUES(3,'earrings','main',1000000,'import','opening','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "stock_movements" VALUES(4,'lamp','main',1000000,'import','opening','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "stock_movements" VALUES(5,'mug','main',-2,'shipment','web:W1:parcel:1','2026-11-20T12:00:00.000000+00:00');
INSERT INTO "stock_movements" VALUES(6,'lamp','main',1,'return','import:1004:return:1','2026-11-20T13:00:00.000000+00:00');
INSERT INTO "stock_movements" VALUES(7,'mug','main',1,'return','import:1003:return:1','2026-11-20T13:05:00.000000+00:00');
CREATE TABLE tracking_events (
	id INTEGER NOT NULL, 
	shipment_id TEXT NOT NULL, 
	code TEXT NOT NULL, 
	at TEXT NOT NULL, 
	place TEXT NOT NULL, 
	reconstructed INTEGER NOT NULL, 
	CONSTRAINT pk_tracking_events PRIMARY KEY (id), 
	CONSTRAINT fk_tracking_events_shipment_id FOREIGN KEY(shipment_id) REFERENCES shipments (id), 
	CONSTRAINT uq_tracking_events_shipment_id_code_at UNIQUE (shipment_id, code, at)
)
 STRICT

;
INSERT INTO "tracking_events" VALUES(1,'import:1002:parcel:1','in_transit','2026-11-18T12:00:00.000000+00:00','Lyon',0);
INSERT INTO "tracking_events" VALUES(2,'import:1003:parcel:1','handed_over','2026-11-10T12:00:00.000000+00:00','',1);
INSERT INTO "tracking_events" VALUES(3,'import:1003:parcel:1','delivered','2026-11-17T12:00:00.000000+00:00','',0);
INSERT INTO "tracking_events" VALUES(4,'import:1004:parcel:1','handed_over','2026-11-10T12:00:00.000000+00:00','',1);
INSERT INTO "tracking_events" VALUES(5,'import:1004:parcel:1','delivered','2026-11-16T12:00:00.000000+00:00','',0);
INSERT INTO "tracking_events" VALUES(6,'web:W1:parcel:1','delivered','2026-11-20T12:00:00.000000+00:00','Lyon',0);
CREATE TABLE variants (
	sku TEXT NOT NULL, 
	product_id TEXT NOT NULL, 
	options TEXT NOT NULL, 
	price INTEGER NOT NULL, 
	currency TEXT NOT NULL, 
	sellable INTEGER NOT NULL, 
	CONSTRAINT pk_variants PRIMARY KEY (sku), 
	CONSTRAINT fk_variants_product_id FOREIGN KEY(product_id) REFERENCES products (id)
)
 STRICT

;
INSERT INTO "variants" VALUES('shirt','shirt','{"color": "blue"}',2000,'EUR',1);
INSERT INTO "variants" VALUES('mug','mug','{"color": "blue"}',1050,'EUR',1);
INSERT INTO "variants" VALUES('earrings','earrings','{"color": "blue"}',2700,'EUR',1);
INSERT INTO "variants" VALUES('lamp','lamp','{"color": "blue"}',5000,'EUR',1);
CREATE INDEX ix_outbox_state_due_at ON outbox (state, due_at);
CREATE INDEX ix_orders_customer_id ON orders (customer_id);
CREATE INDEX ix_orders_number_key ON orders (number_key);
CREATE INDEX ix_fulfillment_orders_order_id ON fulfillment_orders (order_id);
CREATE INDEX ix_ledger_transactions_order_id ON ledger_transactions (order_id);
CREATE INDEX ix_order_lines_order_id ON order_lines (order_id);
CREATE INDEX ix_payments_order_id ON payments (order_id);
CREATE INDEX ix_returns_order_id ON returns (order_id);
CREATE INDEX ix_shipments_order_id ON shipments (order_id);
CREATE INDEX ix_shipments_tracking_number ON shipments (tracking_number);
CREATE INDEX ix_ledger_entries_account ON ledger_entries (account);
CREATE INDEX ix_ledger_entries_transaction_id ON ledger_entries (transaction_id);
CREATE INDEX ix_payment_transactions_payment_id ON payment_transactions (payment_id);
CREATE INDEX ix_refunds_order_id ON refunds (order_id);
CREATE INDEX ix_reservations_line_id ON reservations (line_id);
CREATE INDEX ix_refund_allocations_payment_id ON refund_allocations (payment_id);
CREATE INDEX ix_refund_allocations_refund_id ON refund_allocations (refund_id);
CREATE INDEX ix_approvals_state ON approvals (state);
CREATE INDEX ix_journal_at ON journal (at);
CREATE INDEX ix_inbox_state ON inbox (state, due_at);
COMMIT;
