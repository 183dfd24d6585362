"""Fuzz targets: libFuzzer with --config=fuzz, a replay of the corpus as an ordinary test in every other build."""

load("//bazel:cc.bzl", "jfs_cc_binary", "jfs_cc_test")

def jfs_fuzz_target(name, srcs, deps, corpus = [], **kwargs):
    """A program with `extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)`.

    `bazel build --config=fuzz :NAME` gives the fuzzer. NAME_corpus_test runs every file of the corpus once: inputs
    that once crashed the target stay there, so that each build tries them again.

    Args:
      corpus: input files, usually glob(["testdata/NAME/*"]).
    """
    linkopts = select({
        "//bazel:fuzz": ["-fsanitize=fuzzer"],
        "//conditions:default": [],
    })
    main = select({
        "//bazel:fuzz": [],
        "//conditions:default": ["//fuzz/replay:replay_main"],
    })
    jfs_cc_binary(
        name = name,
        testonly = True,
        srcs = srcs,
        linkopts = linkopts,
        deps = deps + main,
        **kwargs
    )
    if corpus:
        jfs_cc_test(
            name = name + "_corpus_test",
            srcs = srcs,
            args = ["$(location %s)" % file for file in corpus],
            data = corpus,
            linkopts = linkopts,
            main = True,
            deps = deps + main,
            **kwargs
        )
