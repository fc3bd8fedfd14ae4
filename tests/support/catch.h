// Catch2 of version 2 (Debian 12) or 3 (Debian 13, Ubuntu 24.04).
#pragma once

#if __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
using namespace Catch;
#endif
