# Scheduler and workers: the same locked libraries and the same code as the machine that asks.
FROM python:3.12-slim
WORKDIR /phusong
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt
COPY coverage coverage
RUN useradd --create-home worker && mkdir /cache && chown worker /cache
USER worker
ENV PYTHONPATH=/phusong PYTHONUTF8=1
