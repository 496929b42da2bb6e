// Keys that this browser makes and never gives away: Ed25519, not extractable, kept in its own database.

const STORE = "signing-keys";

/** Return whether this browser can make such keys. */
export async function isAble() {
  try {
    await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return Boolean(window.indexedDB);
  } catch {
    return false;
  }
}

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function inStore(mode, act) {
  const opening = indexedDB.open("tallystick", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await answered(opening);
  try {
    return await answered(act(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, "0")).join("");

/** The key kept under `name`: {pair, key, isRegistered}; made now if there is none. `key` is 64 hex digits. */
export async function keyOf(name) {
  const kept = await inStore("readonly", (store) => store.get(name));
  if (kept) return kept;
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  const made = { pair, key: hex(await crypto.subtle.exportKey("raw", pair.publicKey)), isRegistered: false };
  await keep(name, made);
  return made;
}

/** Keep a key under `name`. */
export function keep(name, held) {
  return inStore("readwrite", (store) => store.put(held, name));
}

/** Forget the key under `name`. */
export function forget(name) {
  return inStore("readwrite", (store) => store.delete(name));
}

/** The signature of a kept key over `text` in UTF-8, 128 hex digits. */
export async function signed(held, text) {
  return hex(await crypto.subtle.sign({ name: "Ed25519" }, held.pair.privateKey, new TextEncoder().encode(text)));
}
