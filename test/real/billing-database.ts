// The database of a billing system without an API: the customers table that connectors/sql.yaml speaks of, in a Postgres that the
// kit has started. Such systems move revision and updated_at themselves; here a trigger does.

import { Client } from "pg";

const TABLE = `create table customers (id bigserial primary key, email text unique, name text, phone text,
    revenue numeric(12,2) not null default 0, revision int not null default 1,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now());
  create function moved() returns trigger language plpgsql as $$ begin
    if new.revision = old.revision then new.revision := old.revision + 1; new.updated_at := clock_timestamp(); end if; return new; end $$;
  create trigger moved before update on customers for each row execute function moved();
  create role billing login password 'billing';
  grant all on customers to billing; grant all on sequence customers_id_seq to billing;`;

export interface BillingDatabase {
  query(text: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Customers with this address. */
  customers(email: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

/** @param url Of the server, as its superuser, at the database postgres. */
export async function openBillingDatabase(url: string): Promise<BillingDatabase> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query("create database billing");
  await admin.end();
  const client = new Client({ connectionString: url.replace(/\/postgres$/, "/billing") });
  await client.connect();
  await client.query(TABLE);
  const query: BillingDatabase["query"] = async (text, values = []) =>
    (await client.query<Record<string, unknown>>(text, [...values])).rows;
  return {
    query,
    customers: (email) => query("select name, phone, revenue from customers where email = $1", [email]),
    close: () => client.end(),
  };
}
