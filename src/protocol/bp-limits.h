/* The limits of the contract, section 2. */
#pragma once

#define BP_PROTOCOL_VERSION 1
#define BP_SCHEMA_VERSION 1
#define BP_MAX_OPERATIONS 100
#define BP_MAX_BODY (1024 * 1024)
#define BP_MAX_UNPACKED (8 * 1024 * 1024)
#define BP_MAX_ANSWER (8 * 1024 * 1024)
#define BP_MAX_OPERATION (512 * 1024)
#define BP_MAX_ACTION (1024 * 1024)
#define BP_MAX_BACKUP (256 * 1024 * 1024)
#define BP_MAX_PAGE 1000
#define BP_GZIP_FROM 1024
#define BP_RETRY_AFTER_MIN_S 1
#define BP_RETRY_AFTER_MAX_S 3600
#define BP_HEADER_PROTOCOL "Bizpulse-Protocol"
#define BP_HEADER_EPOCH "Bizpulse-Epoch"
