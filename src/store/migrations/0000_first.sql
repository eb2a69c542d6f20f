CREATE TABLE "account" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"parent_account_id" uuid,
	"ancestor_ids" uuid[] NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"modified_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"modified_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "app_user" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email_address" text NOT NULL,
	"first_name" text,
	"last_name" text,
	"password_hash" text NOT NULL,
	"roles" text[] NOT NULL,
	"account_ids" uuid[] NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"modified_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"modified_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "endpoint" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"type" text NOT NULL,
	"display_name" text NOT NULL,
	"e164" text,
	"is_virtual" boolean,
	"host" text,
	"port" integer,
	"transport" text,
	"user_name" text,
	"password_box" text,
	"max_channels" integer,
	"calls_per_second" double precision,
	"ring_timeout_seconds" integer,
	"created_at" timestamp with time zone NOT NULL,
	"modified_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"modified_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "file" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"type" text NOT NULL,
	"file_name" text NOT NULL,
	"content_type" text NOT NULL,
	"content_length" integer NOT NULL,
	"duration_ms" integer,
	"session_id" uuid,
	"created_at" timestamp with time zone NOT NULL,
	"modified_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"modified_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "flow" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"notes" text,
	"customer_id" text,
	"roles" text[] NOT NULL,
	"tag_ids" text[] NOT NULL,
	"node_count" integer NOT NULL,
	"version" integer NOT NULL,
	"deleted_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"modified_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"modified_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "flow_version" (
	"flow_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"graph" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	CONSTRAINT "flow_version_flow_id_version_pk" PRIMARY KEY("flow_id","version")
);
--> statement-breakpoint
CREATE TABLE "login_session" (
	"id_hash" text PRIMARY KEY NOT NULL,
	"login_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"endpoint_id" uuid,
	"flow_id" uuid NOT NULL,
	"flow_version" integer NOT NULL,
	"trunk_id" uuid,
	"direction" text NOT NULL,
	"to_address" text NOT NULL,
	"from_address" text NOT NULL,
	"owner" uuid NOT NULL,
	"epoch" integer DEFAULT 1 NOT NULL,
	"call_state" text NOT NULL,
	"outcome" text,
	"sip_cause" smallint,
	"call_sid" text,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"modified_at" timestamp with time zone NOT NULL,
	"answered_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"state" jsonb
);
--> statement-breakpoint
CREATE TABLE "session_log" (
	"session_id" uuid NOT NULL,
	"epoch" integer NOT NULL,
	"chunk" integer NOT NULL,
	"entries" jsonb NOT NULL,
	CONSTRAINT "session_log_session_id_epoch_chunk_pk" PRIMARY KEY("session_id","epoch","chunk")
);
--> statement-breakpoint
CREATE TABLE "worker" (
	"id" uuid PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"version" text NOT NULL,
	"draining" boolean DEFAULT false NOT NULL,
	"started_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"lease_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "endpoint" ADD CONSTRAINT "endpoint_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "file" ADD CONSTRAINT "file_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "flow" ADD CONSTRAINT "flow_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "flow_version" ADD CONSTRAINT "flow_version_flow_id_flow_id_fk" FOREIGN KEY ("flow_id") REFERENCES "public"."flow"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "login_session" ADD CONSTRAINT "login_session_user_id_app_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."app_user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "app_user_email" ON "app_user" USING btree (lower("email_address"));--> statement-breakpoint
CREATE UNIQUE INDEX "endpoint_e164" ON "endpoint" USING btree ("e164");--> statement-breakpoint
CREATE INDEX "endpoint_account" ON "endpoint" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "file_account" ON "file" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "file_session" ON "file" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "flow_account" ON "flow" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "login_session_login" ON "login_session" USING btree ("login_id");--> statement-breakpoint
CREATE INDEX "login_session_expires" ON "login_session" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "session_account" ON "session" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "session_live" ON "session" USING btree ("owner") WHERE "session"."ended_at" is null;