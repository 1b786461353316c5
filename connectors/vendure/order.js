// What becomes of an order is told to Vendure in steps of its own: a shipped order has a fulfillment that has been shipped, and a
// cancelled one is cancelled by a mutation of its own.

const FAILURE = "... on ErrorResult { errorCode message }";

/** `update` of object order: `state` can be set to Shipped, Delivered or Cancelled. */
export async function update({ id, changed, item }, { send }) {
  const ask = (query, variables, reads) => send({ method: "POST", path: "/", body: { query, variables }, reads });
  const state = changed.state;
  if (state === "Cancelled")
    return ask(
      `mutation ($id: ID!) { cancelOrder(input: { orderId: $id, cancelShipping: true, reason: "cancelled in the ERP" }) {
        ... on Order { id updatedAt } ${FAILURE} } }`,
      { id },
      false,
    );
  if (state !== "Shipped" && state !== "Delivered")
    return { status: 422, headers: {}, body: { message: `an order cannot be set to ${String(state)} from outside` } };

  let fulfillments = item?.fulfillments ?? [];
  if (fulfillments.length === 0) {
    const lines = (item?.lines ?? []).map((line) => ({ orderLineId: line.id, quantity: line.quantity }));
    const made = await ask(
      `mutation ($lines: [OrderLineInput!]!) { addFulfillmentToOrder(input: { lines: $lines, handler: {
        code: "manual-fulfillment", arguments: [{ name: "method", value: "as told by the ERP" }, { name: "trackingCode", value: "" }] } }) {
        ... on Fulfillment { id state } ${FAILURE} } }`,
      { lines },
      false,
    );
    const fulfillment = made.body?.data?.addFulfillmentToOrder;
    if (fulfillment?.id === undefined) return made;
    fulfillments = [fulfillment];
  }
  let answer = null;
  for (const fulfillment of fulfillments) {
    const steps = state === "Delivered" ? ["Shipped", "Delivered"] : ["Shipped"];
    for (const step of steps.slice(steps.indexOf(fulfillment.state) + 1)) {
      answer = await ask(
        `mutation ($id: ID!, $state: String!) { transitionFulfillmentToState(id: $id, state: $state) {
          ... on Fulfillment { id state } ${FAILURE} } }`,
        { id: fulfillment.id, state: step },
        false,
      );
      if (answer.body?.data?.transitionFulfillmentToState?.id === undefined) return answer;
    }
  }
  return answer ?? { status: 200, headers: {}, body: { data: {} } };
}
