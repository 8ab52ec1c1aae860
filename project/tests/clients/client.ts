// Calls the API with types that openapi-typescript made of /openapi.json (script/test-clients).
// The compiler is the test: each property is read as the schema describes it, and what it forbids must not compile.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { env: Record<string, string> };

const { SITE = "", USERNAME = "", PASSWORD = "" } = process.env;
const client = createClient<paths>({ baseUrl: SITE });
let calls = 0;

function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

// Returns the body of a call that must have succeeded.
function answered<T>(call: { data?: T; error?: unknown; response: Response }): T {
  calls += 1;
  expect(call.data !== undefined, `${call.response.url}: ${call.response.status} ${JSON.stringify(call.error)}`);
  return call.data;
}

const session = answered(
  await client.POST("/api/rest-auth/login/", { body: { username: USERNAME, password: PASSWORD } }),
);
client.use({
  onRequest: ({ request }) => request.headers.set("Authorization", `Bearer ${session.access}`),
});

const account: components["schemas"]["OwnAccount"] = answered(await client.GET("/api/rest-auth/user/"));
expect(account.id === session.user.id, "The caller is the one who signed in.");

const novel = { name: "Emma", author: "Jane Austen", book_type: "novel", copies: 1 } as const;
const added = await client.POST("/api/v3/books/", { body: novel });
const book = answered(added);
const image: string | null = book.image;
expect(image === null && book.available === 1, "A new book has no cover, and one copy.");
const path = { book_id: book.id };

const found = answered(await client.GET("/api/v3/books/", { params: { query: { q: "emma", available: true } } }));
const next: string | null = found.next;
expect(next === null && found.results[0]?.id === book.id, "The search finds the book.");

const read = await client.GET("/api/v3/books/{book_id}/", { params: { path } });
answered(read);
const header = { "If-Match": read.response.headers.get("ETag") ?? "" };
const changed = answered(
  await client.PATCH("/api/v3/books/{book_id}/", { params: { path, header }, body: { copies: 2 } }),
);
expect(changed.copies === 2, "The number of copies is changed.");

const late = await client.PATCH("/api/v3/books/{book_id}/", { params: { path, header }, body: { copies: 3 } });
calls += 1;
expect(late.response.status === 412 && late.error !== undefined, "A change of an older state is refused.");

const rental = answered(await client.POST("/api/v3/book_rentals/", { body: { book: book.id } }));
const returned: string | null = rental.date_returned;
expect(rental.status === "rented" && returned === null, "The rental is open.");
const ended = answered(
  await client.POST("/api/v3/book_rentals/{ref}/return/", { params: { path: { ref: rental.ref } } }),
);
expect(ended.status === "returned" && /^\d+\.\d\d$/.test(ended.charge), "It is returned, with a charge.");

const board = answered(await client.GET("/api/v3/scores/leaderboard/", { params: { query: { period: "week" } } }));
const rank: number | undefined = board.me?.rank;
expect(rank === undefined, "The caller has no place yet.");

const kept = await client.DELETE("/api/v3/books/{book_id}/", { params: { path } });
calls += 1;
expect(kept.response.status === 409, "A book that was rented is kept.");

// Never run: these calls are wrong, and the compiler knows it.
export async function wrong(): Promise<void> {
  // @ts-expect-error: the author is required
  await client.POST("/api/v3/books/", { body: { name: "Emma", book_type: "novel" } });
  // @ts-expect-error: there is no such kind
  await client.POST("/api/v3/books/", { body: { ...novel, book_type: "poem" } });
  // @ts-expect-error: an id is a number
  await client.GET("/api/v3/books/{book_id}/", { params: { path: { book_id: "1" } } });
  // @ts-expect-error: there is no such filter
  await client.GET("/api/v3/books/", { params: { query: { shelf: "A" } } });
  // @ts-expect-error: the place of the caller may be null
  board.me.rank.toFixed();
  // @ts-expect-error: the responses have no such field
  book.shelf.trim();
}

console.log(`${calls} calls`);
