# The image for a GPU server: vLLM's own, with this library beside it.
#   docker build -t mabench-eval .
#   docker run --gpus all -v ~/.cache/huggingface:/root/.cache/huggingface -v "$PWD:/work" mabench-eval \
#     --model qwen3-vl-8b --data mabench_data.json --clips videos/ --tasks all
# The version is that of environments/vllm-0.33.yaml.
FROM vllm/vllm-openai:v0.33.0

COPY . /src
# The engine's packages are the image's: none of them is touched.
RUN pip install --no-cache-dir '/src[openai,audit,plots,hub]' && rm -r /src

WORKDIR /work
ENTRYPOINT ["mabench-eval"]
CMD ["--help"]
