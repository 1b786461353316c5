// WooCommerce keeps variations below their products and lists them nowhere together. So they are listed product by product, and
// a single one is asked for in two requests: which product it is of, then itself.

const PARENTS = 20; // of one page; more of them make fewer pages, and each takes longer

const read = (send, path) => send({ method: "GET", path, reads: true });

/** `list`: the variations of the next few variable products. */
export async function list({ page }, { send }) {
  const number = Number(page.token ?? 1);
  const products = await read(
    send,
    `/products?type=variable&status=any&orderby=id&order=asc&per_page=${PARENTS}&page=${number}`,
  );
  if (products.status !== 200 || !Array.isArray(products.body)) return products;
  const variations = [];
  for (const { id } of products.body) {
    for (let part = 1; part > 0;) {
      const found = await read(
        send,
        `/products/${id}/variations?status=any&orderby=id&order=asc&per_page=100&page=${part}`,
      );
      if (found.status === 404) break; // the product was deleted meanwhile
      if (found.status !== 200 || !Array.isArray(found.body)) return found;
      variations.push(...found.body.map((one) => ({ ...one, parent_id: id })));
      part = found.body.length < 100 ? 0 : part + 1;
    }
  }
  return good({ variations, next: products.body.length < PARENTS ? null : number + 1 });
}

/** `get`: what is no variation counts as gone. */
export async function get({ id }, { send }) {
  const product = await read(send, `/products/${id}`);
  if (product.status !== 200) return product;
  const parent = product.body.parent_id;
  if (product.body.type !== "variation" || !parent) return { status: 404, headers: {}, body: {} };
  const found = await read(send, `/products/${parent}/variations/${id}`);
  return found.status === 200 ? good({ ...found.body, parent_id: parent }) : found;
}

/** `find` by sku: the shop looks among products and variations alike. */
export async function find({ key }, { send }) {
  const products = await read(send, `/products?status=any&per_page=100&sku=${encodeURIComponent(key.sku)}`);
  if (products.status !== 200 || !Array.isArray(products.body)) return products;
  const variations = [];
  for (const { id, type } of products.body) {
    if (type !== "variation") continue;
    const one = await get({ id }, { send });
    if (one.status === 200) variations.push(one.body);
    else if (one.status !== 404) return one;
  }
  return good({ variations });
}

/** `delete`: for good, variations have no trash. */
export async function remove({ id }, { send }) {
  const found = await get({ id }, { send });
  if (found.status !== 200) return found;
  return send({ method: "DELETE", path: `/products/${found.body.parent_id}/variations/${id}?force=true` });
}

function good(body) {
  return { status: 200, headers: {}, body };
}
