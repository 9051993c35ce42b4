// Unpack what app/components/blob.py packed: a JSON header and named arrays.

const TYPES = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };

export function unpack(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const start = bytes.byteOffset + 4 + length;
  for (const [name, entry] of Object.entries(header.arrays)) {
    // A copy: the blob may lie at any address, typed arrays need an aligned one.
    const content = bytes.buffer.slice(start + entry.offset, start + entry.offset + entry.nbytes);
    const array = new TYPES[entry.dtype](content);
    array.shape = entry.shape;
    header.arrays[name] = array;
  }
  return header;
}
