// One file, sent in pieces that go on where a broken line, or a page that was closed, stopped them.

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
  const name = `upload ${at} ${file.name} ${file.size} ${file.lastModified}`;
  let [token, received] = await begun(name, file, { at, csrf, signal, broke });
  if (!token) {
    const begin = { csrf, signal, json: named, key: onceOnly() };
    ({ token } = await patiently(() => call("POST", `${at}/uploads`, begin), broke));
    memory.keep(name, token);
  }
  const here = `${at}/uploads/${token}`;
  try {
    while (received < file.size) {
      told("sends", received / file.size);
      received = await sent(file, received, { here, csrf, pieceBytes, signal, broke });
    }
    told("checks");
    const finish = { csrf, signal, json: paperKind ? { paper_kind: paperKind } : {}, key: onceOnly() };
    const kept = await patiently(() => call("POST", `${here}/finish`, finish), broke);
    memory.forget(name);
    return kept;
  } catch (error) {
    // What stays of it would be in the way of the next try; if this fails too, it ends by its age.
    if (error instanceof Refused || error.name === "AbortError") {
      memory.forget(name);
      call("DELETE", here, { csrf }).catch(() => {});
    }
    throw error;
  }
}

// The browser remembers under which token a file was begun; a browser that keeps nothing begins anew.
const memory = {
  of(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  },
  keep(name, token) {
    try {
      localStorage.setItem(name, token);
    } catch {
      /* then a reload begins anew */
    }
  },
  forget(name) {
    try {
      localStorage.removeItem(name);
    } catch {
      /* it ends by its age */
    }
  },
};

/** Return the token and the bytes received of the same file's upload that another page began, if it lives. */
async function begun(name, file, { at, csrf, signal, broke }) {
  const token = memory.of(name);
  if (!token) return ["", 0];
  try {
    const known = await patiently(() => call("GET", `${at}/uploads/${token}`, { csrf, signal }), broke);
    if (known.size_bytes === file.size) return [token, known.received_bytes];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  memory.forget(name);
  return ["", 0];
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
