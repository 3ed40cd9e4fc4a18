/** Bytes as the rest of the client has them, and as the msgpack library of Socket.IO takes and gives them. */

/** Return `value` with every `Uint8Array` as an `ArrayBuffer`: the library would write it as a map of numbers. */
export function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
  }
  return mapped(value, withBuffers);
}

/** Return `value` with every `ArrayBuffer` as a `Uint8Array`. */
export function withArrays(value: unknown): unknown {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : mapped(value, withArrays);
}

/** Apply `change` to what is in a list or an object; whatever has nothing to be changed in it stays the same object. */
function mapped(value: unknown, change: (part: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const parts = value.map(change);
    return parts.every((part, index) => part === value[index]) ? value : parts;
  }
  const entries = Object.entries(value);
  const parts = entries.map(([, part]) => change(part));
  if (parts.every((part, index) => part === entries[index]?.[1])) return value;
  return Object.fromEntries(entries.map(([name], index) => [name, parts[index]]));
}
