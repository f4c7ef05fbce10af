"""What is asked of Shopify's Admin GraphQL, version 2026-07; the tests validate each against its published schema."""

from __future__ import annotations

VERSION = "2026-07"
MONEY = "shopMoney { amount currencyCode }"
HEAD = f"""
  id name createdAt updatedAt cancelledAt processedAt email currencyCode displayFinancialStatus displayFulfillmentStatus
  customer {{ id displayName locale defaultEmailAddress {{ emailAddress }} }}
  shippingAddress {{ name address1 address2 city provinceCode zip countryCodeV2 phone }}
  totalPriceSet {{ {MONEY} }} totalDiscountsSet {{ {MONEY} }} totalTaxSet {{ {MONEY} }}
  totalShippingPriceSet {{ {MONEY} }}
  taxesIncluded"""
LINE = f"""id sku title variantTitle quantity originalUnitPriceSet {{ {MONEY} }}
    variant {{ id }} product {{ id }}"""
TRANSACTION = f"id kind status gateway processedAt amountSet {{ {MONEY} }}"
ORDER = f"""{HEAD}
  lineItems(first: 50) {{ nodes {{ {LINE} }} pageInfo {{ hasNextPage }} }}
  fulfillments(first: 10) {{ id createdAt deliveredAt status trackingInfo(first: 3) {{ company number }}
    events(first: 20) {{ nodes {{ status happenedAt city country }} }}
    fulfillmentLineItems(first: 50) {{ nodes {{ lineItem {{ sku }} }} }} }}
  transactions(first: 20) {{ {TRANSACTION} }}"""

ORDERS = f"""query Orders($query: String!, $after: String, $first: Int!) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ {ORDER} }} pageInfo {{ hasNextPage endCursor }} }} }}"""

FULFILLMENT_ORDERS = """query FulfillmentOrders($id: ID!) { order(id: $id) { fulfillmentOrders(first: 10) { nodes {
  id status requestStatus fulfillmentHolds { id } assignedLocation { location { id } }
  lineItems(first: 50) { nodes { id remainingQuantity lineItem { id sku } } } } } } }"""

SUGGESTED_REFUND = f"""query SuggestedRefund($id: ID!) {{ order(id: $id) {{ refunds(first: 50) {{ id note }}
  suggestedRefund(suggestFullRefund: true) {{
  amountSet {{ {MONEY} }} maximumRefundableSet {{ {MONEY} }}
  suggestedTransactions {{ amountSet {{ {MONEY} }} gateway kind parentTransaction {{ id }} }} }} }} }}"""

REFUND = """mutation RefundCreate($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id } order { id } userErrors { field message } } }"""

CANCEL = """mutation Cancel($orderId: ID!, $reason: OrderCancelReason!, $refundMethod: OrderCancelRefundMethodInput!,
  $restock: Boolean!, $notify: Boolean) {
  orderCancel(orderId: $orderId, reason: $reason, refundMethod: $refundMethod, restock: $restock,
    notifyCustomer: $notify) {
    job { id done } orderCancelUserErrors { field message code } } }"""

JOB = "query Job($id: ID!) { job(id: $id) { id done } }"

RETURNABLE = """query Returnable($id: ID!) { returnableFulfillments(orderId: $id, first: 10) { nodes { id
  returnableFulfillmentLineItems(first: 20) { nodes { quantity
    fulfillmentLineItem { id lineItem { id sku title } } } } } } }"""

RETURNS = """query Returns($id: ID!) { order(id: $id) { returns(first: 50) { nodes { id status
  returnLineItems(first: 50) { nodes { ... on ReturnLineItem { returnReasonNote } } } } } } }"""

RETURN_REQUEST = """mutation ReturnRequest($input: ReturnRequestInput!) {
  returnRequest(input: $input) { return { id status } userErrors { field message code } } }"""

RETURN_CREATE = """mutation ReturnCreate($input: ReturnInput!) {
  returnCreate(returnInput: $input) { return { id status } userErrors { field message code } } }"""

RETURN_CLOSE = """mutation ReturnClose($id: ID!) {
  returnClose(id: $id) { return { id status } userErrors { field message code } } }"""

RETURN_CANCEL = """mutation ReturnCancel($id: ID!) {
  returnCancel(id: $id, notifyCustomer: false) { return { id status } userErrors { field message code } } }"""

ADDRESS = """mutation Address($input: OrderInput!) {
  orderUpdate(input: $input) { order { id } userErrors { field message } } }"""

EDIT_BEGIN = """mutation EditBegin($id: ID!) { orderEditBegin(id: $id) {
  calculatedOrder { id lineItems(first: 100) { nodes { id sku quantity editableQuantity } } }
  userErrors { field message } } }"""

EDIT_QUANTITY = """mutation EditQuantity($id: ID!, $line: ID!, $quantity: Int!) {
  orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $quantity, restock: true) {
    calculatedOrder { id } userErrors { field message } } }"""

EDIT_ADD = """mutation EditAdd($id: ID!, $variant: ID!, $quantity: Int!) {
  orderEditAddVariant(id: $id, variantId: $variant, quantity: $quantity, allowDuplicates: true) {
    calculatedOrder { id } userErrors { field message } } }"""

EDIT_COMMIT = """mutation EditCommit($id: ID!, $note: String) {
  orderEditCommit(id: $id, notifyCustomer: false, staffNote: $note) { order { id } userErrors { field message } } }"""

VARIANT = "query Variant($query: String!) { productVariants(first: 5, query: $query) { nodes { id sku } } }"

HOLD = """mutation Hold($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) {
    fulfillmentOrder { id status } userErrors { field message code } } }"""

RELEASE = """mutation Release($id: ID!) { fulfillmentOrderReleaseHold(id: $id) {
  fulfillmentOrder { id status } userErrors { field message code } } }"""

MOVE = """mutation Move($id: ID!, $location: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $location) {
  movedFulfillmentOrder { id status } userErrors { field message code } } }"""

HOOKS = """query Hooks($after: String) { webhookSubscriptions(first: 100, after: $after) {
  nodes { id topic uri } pageInfo { hasNextPage endCursor } } }"""

HOOK = """mutation Hook($topic: WebhookSubscriptionTopic!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {
    webhookSubscription { id topic uri } userErrors { field message } } }"""

TOPICS = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_EDITED",
    "ORDERS_CANCELLED",
    "ORDERS_PAID",
    "FULFILLMENTS_CREATE",
    "FULFILLMENTS_UPDATE",
    "REFUNDS_CREATE",
    "RETURNS_REQUEST",
    "RETURNS_APPROVE",
    "RETURNS_CLOSE",
    "RETURNS_CANCEL",
)
"""What is subscribed; shopify_webhook.py reads them."""

BULK_ORDERS = f"""{{ orders(query: "status:any", sortKey: UPDATED_AT) {{ edges {{ node {{ {HEAD}
  lineItems {{ edges {{ node {{ {LINE} }} }} }}
  fulfillments {{ id createdAt deliveredAt status trackingInfo {{ company number }} }}
  transactions {{ {TRANSACTION} }} }} }} }} }}"""
"""A bulk query knows no connection inside a list: scans and goods of parcels are read apart, where they matter."""

BULK = """mutation Bulk($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: true) {
  bulkOperation { id status } userErrors { field message } } }"""

BULK_STATE = """query BulkState($id: ID!) { bulkOperation(id: $id) {
  id status errorCode objectCount url partialDataUrl } }"""

ORDERS_BY_ID = f"query OrdersById($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Order {{ {ORDER} }} }} }}"

SHOP = "query Shop { shop { name myshopifyDomain currencyCode } }"

ALL = (
    ORDERS,
    ORDERS_BY_ID,
    FULFILLMENT_ORDERS,
    SUGGESTED_REFUND,
    REFUND,
    CANCEL,
    JOB,
    RETURNABLE,
    RETURNS,
    RETURN_REQUEST,
    RETURN_CREATE,
    RETURN_CLOSE,
    RETURN_CANCEL,
    ADDRESS,
    EDIT_BEGIN,
    EDIT_QUANTITY,
    EDIT_ADD,
    EDIT_COMMIT,
    VARIANT,
    HOLD,
    RELEASE,
    MOVE,
    HOOKS,
    HOOK,
    BULK,
    BULK_STATE,
    BULK_ORDERS,
    SHOP,
)
