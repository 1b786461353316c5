// Sorting with the very comparisons of the reference. For a comparator that contradicts itself or throws, which pairs are
// compared decides the result, so the standard sort would not do.

/** Halves, sorts both, merges. @param later Whether the first belongs after the second. */
export function mergeSort<T>(list: readonly T[], later: (a: T, b: T) => boolean): T[] {
  if (list.length <= 1) return [...list];
  const middle = Math.floor(list.length / 2);
  const left = mergeSort(list.slice(0, middle), later);
  const right = mergeSort(list.slice(middle), later);
  const merged: T[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length && r < right.length) {
    // Both indexes are inside their lists here.
    if (later(left[l] as T, right[r] as T)) merged.push(right[r++] as T);
    else merged.push(left[l++] as T);
  }
  return [...merged, ...left.slice(l), ...right.slice(r)];
}
