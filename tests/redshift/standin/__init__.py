"""A local stand-in for the AWS services that production uses; for tests only, never imported by the project.

Amazon Redshift is played by PostgreSQL behind a proxy that refuses what Redshift refuses (`proxy`, `deny`, `rewrite`,
`s3copy`), the control plane of Redshift Serverless by a small HTTP server (`serverless`), and S3, Glue, STS and SNS by
moto. PostgreSQL and moto are shared by all processes of a run of tests (`services`). The clients (dbt-redshift,
redshift_connector, boto3) run unchanged: only environment variables differ from production. `python -m standin` starts
all of it to try things by hand; what is assumed of Redshift is listed in `semantics.md`.
"""
