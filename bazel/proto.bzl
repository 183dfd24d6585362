"""Protocol buffers by Debian's protoc: Bazel's own proto rules would want to build the compiler first."""

def jfs_cc_proto_library(name, srcs, deps = [], **kwargs):
    """Generates C++ from .proto files and compiles it.

    A .proto imports others, and C++ includes the result, by the path from the repository's root:
    `import "net/ipc/rpc.proto";`, `#include "net/ipc/rpc.pb.h"`.

    Args:
      srcs: .proto files of this package.
      deps: other jfs_cc_proto_library targets whose files are imported.
    """
    headers = [src[:-len(".proto")] + ".pb.h" for src in srcs]
    sources = [src[:-len(".proto")] + ".pb.cc" for src in srcs]

    # The .proto files of this target and, through the same-named group of each dep, of what it imports.
    native.filegroup(
        name = name + "_protos",
        srcs = srcs + [dep + ("" if ":" in dep else ":" + dep.split("/")[-1]) + "_protos" for dep in deps],
        visibility = kwargs.get("visibility"),
    )
    native.genrule(
        name = name + "_protoc",
        srcs = [":" + name + "_protos"],
        outs = headers + sources,
        cmd = "/usr/bin/protoc --proto_path=. --cpp_out=$(GENDIR) " +
              " ".join(["$(location :%s)" % src for src in srcs]),
        tools = srcs,
        message = "Generating C++ from",
        visibility = ["//visibility:private"],
    )

    # The code is protoc's, so neither our warnings nor our header rules apply to it.
    native.cc_library(
        name = name,
        srcs = sources,
        hdrs = headers,
        copts = ["-w"],
        linkstatic = True,
        deps = deps + ["@debian//:protobuf"],
        **kwargs
    )
