/* ferry/ferry.h: the whole C interface. */
#ifndef FERRY_FERRY_H
#define FERRY_FERRY_H

#include <ferry/base.h>
#include <ferry/packer.h>
#include <ferry/plugin.h>
#include <ferry/registry.h>
#include <ferry/transport.h>

#endif
