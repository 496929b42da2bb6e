// One file, sent in pieces that go on where a broken line stopped them.

import { Refused, call, onceOnly, patiently } from "./calling.js";

/**
 * Send `file` and have it taken in; return what the interface says of it (its `id` above all).
 *
 * `at` is the address of the media; `told` is called with "sends" and the share sent (0 to 1), with
 * "breaks" when the line broke, and with "checks" once everything has arrived.
 */
export async function upload(file, { at, csrf, pieceBytes, paperKind, signal, told }) {
  if (!file.size) throw new Refused({ code: "empty_file" });
  const broke = () => told("breaks");
  const named = { file_name: file.name.slice(-200) || "file", size_bytes: file.size };
  const begin = { csrf, signal, json: named, key: onceOnly() };
  const { token } = await patiently(() => call("POST", `${at}/uploads`, begin), broke);
  const here = `${at}/uploads/${token}`;
  try {
    let received = 0;
    while (received < file.size) {
      told("sends", received / file.size);
      received = await sent(file, received, { here, csrf, pieceBytes, signal, broke });
    }
    told("checks");
    const finish = { csrf, signal, json: paperKind ? { paper_kind: paperKind } : {}, key: onceOnly() };
    return await patiently(() => call("POST", `${here}/finish`, finish), broke);
  } catch (error) {
    // What stays of it would be in the way of the next try; if this fails too, it ends by its age.
    if (error instanceof Refused || error.name === "AbortError") call("DELETE", here, { csrf }).catch(() => {});
    throw error;
  }
}

/** Send one piece; return how much has arrived. After a break the server says where to go on. */
async function sent(file, from, { here, csrf, pieceBytes, signal, broke }) {
  let offset = from;
  let isUncertain = false;
  return patiently(async () => {
    if (isUncertain) {
      const known = (await call("GET", here, { csrf, signal })).received_bytes;
      if (known !== offset) return known;
    }
    isUncertain = true;
    try {
      const bytes = file.slice(offset, offset + pieceBytes);
      return (await call("PUT", `${here}?offset=${offset}`, { csrf, signal, bytes })).received_bytes;
    } catch (error) {
      if (error instanceof Refused && error.code === "wrong_offset") return error.details.received_bytes;
      throw error;
    }
  }, broke);
}
