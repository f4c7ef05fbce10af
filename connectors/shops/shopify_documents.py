"""What is asked of Shopify's Admin GraphQL, version 2026-07; the tests validate each against its published schema."""

from __future__ import annotations

VERSION = "2026-07"
MONEY = "shopMoney { amount currencyCode }"
ORDER = f"""
  id name createdAt updatedAt cancelledAt processedAt email currencyCode displayFinancialStatus displayFulfillmentStatus
  customer {{ id displayName locale defaultEmailAddress {{ emailAddress }} }}
  shippingAddress {{ name address1 address2 city provinceCode zip countryCodeV2 phone }}
  totalPriceSet {{ {MONEY} }} totalDiscountsSet {{ {MONEY} }} totalTaxSet {{ {MONEY} }}
  totalShippingPriceSet {{ {MONEY} }}
  taxesIncluded
  lineItems(first: 50) {{ nodes {{ id sku title variantTitle quantity originalUnitPriceSet {{ {MONEY} }}
    variant {{ id }} product {{ id }} }} pageInfo {{ hasNextPage }} }}
  fulfillments(first: 10) {{ id createdAt deliveredAt status trackingInfo(first: 3) {{ company number }}
    events(first: 20) {{ nodes {{ status happenedAt city country }} }}
    fulfillmentLineItems(first: 50) {{ nodes {{ lineItem {{ sku }} }} }} }}
  transactions(first: 20) {{ id kind status gateway processedAt amountSet {{ {MONEY} }} }}"""

ORDERS = f"""query Orders($query: String!, $after: String, $first: Int!) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ {ORDER} }} pageInfo {{ hasNextPage endCursor }} }} }}"""

FULFILLMENT_ORDERS = """query FulfillmentOrders($id: ID!) { order(id: $id) { fulfillmentOrders(first: 10) { nodes {
  id status requestStatus assignedLocation { location { id } }
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

RETURN = """mutation ReturnRequest($input: ReturnRequestInput!) {
  returnRequest(input: $input) { return { id status } userErrors { field message code } } }"""

RETURNABLE = """query Returnable($id: ID!) { returnableFulfillments(orderId: $id, first: 10) { nodes { id
  returnableFulfillmentLineItems(first: 20) { nodes { quantity
    fulfillmentLineItem { id lineItem { id title } } } } } } }"""

SHOP = "query Shop { shop { name myshopifyDomain currencyCode } }"

ALL = (ORDERS, FULFILLMENT_ORDERS, SUGGESTED_REFUND, REFUND, CANCEL, JOB, RETURN, RETURNABLE, SHOP)
