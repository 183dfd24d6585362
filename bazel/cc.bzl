"""The C++ rules of this repository: the one place for warnings and for how things are linked.

Everything is linked statically with our own code and dynamically with Debian's libraries: building no shared
library per target saves a third of the links, and a test starts faster.
"""

# Missing field initialisers are wanted: a struct's members have defaults, and a designated initialiser names
# only what differs. -Wrestrict in g++ 12 warns about std::string's own operator+ (GCC PR 105651).
_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wvla",
    "-Wno-missing-field-initializers",
    "-Wno-restrict",
]

# clang's check that every included header belongs to a direct dependency; g++ has no such feature and ignores it.
_FEATURES = ["layering_check"]

def jfs_cc_library(name, copts = [], features = [], **kwargs):
    native.cc_library(
        name = name,
        copts = _WARNINGS + copts,
        features = _FEATURES + features,
        linkstatic = True,
        **kwargs
    )

def jfs_cc_binary(name, copts = [], features = [], **kwargs):
    native.cc_binary(
        name = name,
        copts = _WARNINGS + copts,
        features = _FEATURES + features,
        linkstatic = True,
        **kwargs
    )

def jfs_cc_test(name, copts = [], features = [], deps = [], size = "small", main = False, **kwargs):
    """A GoogleTest (and GoogleMock) test.

    Tag it "threads" if it starts threads: tools/sanitize.sh runs those under ThreadSanitizer.

    Args:
      main: True if the sources have their own main().
    """
    native.cc_test(
        name = name,
        copts = _WARNINGS + copts,
        features = _FEATURES + features,
        deps = deps + ["@debian//:gtest" if main else "@debian//:gtest_main"],
        linkstatic = True,
        size = size,
        **kwargs
    )
