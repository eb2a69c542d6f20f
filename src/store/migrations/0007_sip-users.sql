CREATE TABLE "sip_binding" (
	"endpoint_id" uuid NOT NULL,
	"key" text NOT NULL,
	"contact" text NOT NULL,
	"path" text[] NOT NULL,
	"source_address" text NOT NULL,
	"source_port" integer NOT NULL,
	"transport" text NOT NULL,
	"worker_id" uuid NOT NULL,
	"call_id" text NOT NULL,
	"c_seq" bigint NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "sip_binding_endpoint_id_key_pk" PRIMARY KEY("endpoint_id","key")
);
--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "user_mode" text;--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "sip_user_name" text;--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "sip_secret_box" text;--> statement-breakpoint
ALTER TABLE "sip_binding" ADD CONSTRAINT "sip_binding_endpoint_id_endpoint_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoint"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "endpoint_sip_user" ON "endpoint" USING btree ("sip_user_name");