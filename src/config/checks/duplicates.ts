/** Calls `found` for each element whose key (undefined: none) an earlier one had, with both indexes. */
export function eachDuplicate<T>(
  elements: readonly T[],
  keyOf: (element: T) => string | undefined,
  found: (index: number, first: number) => void,
): void {
  const seen = new Map<string, number>();
  elements.forEach((element, index) => {
    const key = keyOf(element);
    if (key === undefined) return;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else found(index, first);
  });
}
