// Pages of a listing, each asked for while the one before it is looked at. One ahead and no more: memory holds two pages.

export async function* readAhead<T>(pages: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = pages[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      const page = await next;
      if (page.done === true) return;
      next = iterator.next();
      // Met by the next turn, if there is one: what ends this page comes first.
      next.catch(() => undefined);
      yield page.value;
    }
  } finally {
    await next.catch(() => undefined);
    await iterator.return?.();
  }
}
